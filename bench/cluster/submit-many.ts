import { Agent, request } from "node:http";

export interface SubmitManyOptions {
  /** Where each body is posted to. */
  readonly url: string;
  readonly count: number;
  /** Kept open, each with one request at a time. */
  readonly connections: number;
  readonly body: (index: number) => unknown;
}

export interface SubmitTimes {
  /** Of each answer, in milliseconds. */
  readonly latenciesMs: readonly number[];
  /** Answers a second. */
  readonly rate: number;
}

/** Posts `count` bodies over kept connections; rejects unless every answer is a success. */
export async function submitMany(options: SubmitManyOptions): Promise<SubmitTimes> {
  const { count, connections, body } = options;
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const latenciesMs: number[] = [];
  let next = 0;
  const submitter = async (): Promise<void> => {
    while (next < count) {
      const text = JSON.stringify(body(next++));
      const startedMs = performance.now();
      await post(options.url, agent, text);
      latenciesMs.push(performance.now() - startedMs);
    }
  };
  const startedMs = performance.now();
  try {
    await Promise.all(Array.from({ length: connections }, submitter));
  } finally {
    agent.destroy();
  }
  return { latenciesMs, rate: (count * 1000) / (performance.now() - startedMs) };
}

function post(url: string, agent: Agent, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const headers = {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
    };
    const sent = request(url, { method: "POST", agent, headers }, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (text: string) => (answer += text));
      response.once("error", reject);
      response.once("end", () => {
        const status = response.statusCode ?? 0;
        if (status >= 200 && status < 300) resolve();
        else reject(new Error(`${url} answered ${status}: ${answer}`));
      });
    });
    sent.once("error", reject);
    sent.end(body);
  });
}
