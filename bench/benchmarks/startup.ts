import { createServer } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { alohaPath } from "../cluster/daemon.ts";
import { applicationsPath } from "../cluster/applications-path.ts";
import type { Benchmark } from "../harness/benchmark.ts";
import { MeasuredProcess } from "../harness/child-process.ts";

const POLL_MS = 5;
const TIMEOUT_MS = 60_000;
const host = "127.0.0.1";

/** How long a newcomer waits for the first application. */
export const startupBenchmark: Benchmark = {
  name: "startup",
  description:
    "from the start of `aloha dev` until its first application has been accepted and started",
  runsDefault: 5,
  async run({ runs, freshDirectory, progress }) {
    const values: number[] = [];
    for (let run = 1; run <= runs; run++) {
      progress(`run ${run} of ${runs}`);
      values.push(await startupSeconds(join(await freshDirectory(), "dev")));
    }
    return [{ label: "", values, unit: "s", better: "lower" }];
  },
};

async function startupSeconds(directory: string): Promise<number> {
  const [port, restPort] = await freePorts();
  const startedMs = performance.now();
  await using dev = new MeasuredProcess(process.execPath, [
    ...[alohaPath, "dev", "--dir", directory, "--cores", "2", "--memory", "2g"],
    ...["--port", String(port), "--rest-port", String(restPort)],
  ]);
  await firstStart(`http://${host}:${restPort}${applicationsPath}`, startedMs + TIMEOUT_MS);
  const seconds = (performance.now() - startedMs) / 1000;
  await dev.end("SIGINT");
  return seconds;
}

/** Submits as soon as somebody listens, and settles when the application was started. */
async function firstStart(url: string, deadlineMs: number): Promise<void> {
  let id: string | undefined;
  while (performance.now() < deadlineMs) {
    id ??= await submit(url);
    if (id !== undefined && (await wasStarted(`${url}/${id}`))) return;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
  throw new Error(`No application was started within ${TIMEOUT_MS / 1000} s.`);
}

/** Undefined while nobody listens or leads. */
async function submit(url: string): Promise<string | undefined> {
  try {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ name: "first", entryPoint: "shell", args: ["/bin/true"] }),
    });
    const answer: unknown = await response.json();
    return response.ok ? textField(answer, "id") : undefined;
  } catch {
    // Nobody listens yet, which is what is being waited for; the caller has a deadline.
    return undefined;
  }
}

async function wasStarted(url: string): Promise<boolean> {
  const response = await fetch(url);
  const state = textField(await response.json(), "state");
  return state === "RUNNING" || state === "FINISHED";
}

function textField(value: unknown, name: string): string | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  const field: unknown = Object.entries(value).find(([key]) => key === name)?.[1];
  return typeof field === "string" ? field : undefined;
}

/** Two different ports that were free a moment ago. */
async function freePorts(): Promise<readonly [number, number]> {
  const servers = [createServer(), createServer()] as const;
  const ports: number[] = [];
  for (const server of servers) {
    server.listen(0, host);
    await once(server, "listening");
    const bound = server.address();
    ports.push(bound !== null && typeof bound === "object" ? bound.port : 0);
  }
  for (const server of servers) server.close();
  const [first = 0, second = 0] = ports;
  return [first, second];
}
