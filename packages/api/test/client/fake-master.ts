import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestFinished } from "vitest";
import { AlohaClient, type AlohaClientOptions } from "../../src/client/index.ts";

export interface FakeMaster {
  readonly url: string;
  readonly port: number;
  /** `METHOD path`, in order. */
  readonly asked: string[];
  readonly bodies: unknown[];
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  close(): Promise<void>;
}

/** An HTTP server that says what the test wants, on a free port or a given one. */
export async function fakeMaster(answer: FakeMaster["answer"], port = 0): Promise<FakeMaster> {
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => (body += text));
    request.on("end", () => {
      master.asked.push(`${request.method} ${request.url}`);
      master.bodies.push(body === "" ? undefined : JSON.parse(body));
      master.answer(request, response, body);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  const bound = typeof address === "object" && address !== null ? address.port : 0;
  const master: FakeMaster = {
    url: `http://127.0.0.1:${bound}`,
    port: bound,
    asked: [],
    bodies: [],
    answer,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return master;
}

export function json(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response
    .writeHead(status, { "content-type": "application/json", ...headers })
    .end(JSON.stringify(body));
}

export function notLeader(response: ServerResponse, headers: Record<string, string> = {}): void {
  json(
    response,
    503,
    {
      error: {
        code: "not-leader",
        message: "This master does not lead (STANDBY): ask another one.",
      },
    },
    headers,
  );
}

export function client(
  masters: readonly string[],
  options: Partial<AlohaClientOptions> = {},
): AlohaClient {
  let requests = 0;
  return new AlohaClient({
    masters,
    pause: (_delayMs, signal) =>
      sleep(1, undefined, signal === undefined ? {} : { signal }).catch(() => undefined),
    newRequestId: () => `made-${++requests}`,
    patienceMs: 0,
    ...options,
  });
}
