import { createServer } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { logHeaders } from "@aloha/api";
import type { Application } from "@aloha/api";
import type { AlohaEvent } from "@aloha/core";
import { isTerminal } from "@aloha/core";

/** What the fake was asked. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A master over real HTTP whose cluster is whatever a test puts into it. */
export interface FakeMaster extends AsyncDisposable {
  readonly url: string;
  readonly asked: readonly Asked[];
  readonly applications: Map<string, Application>;
  /** Output by `<id>/<stream>`. */
  readonly output: Map<string, string>;
  readonly events: AlohaEvent[];
  /** Called on submit and kill, to let the application live or die. */
  onSubmit: (application: Application) => void;
  onKill: (application: Application, immediately: boolean) => void;
  /** Answers everything with this, if set. */
  refusal: { readonly status: number; readonly code: string; readonly message: string } | undefined;
}

export async function startFakeMaster(): Promise<FakeMaster> {
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    void handle(request, response);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  const fake: FakeMaster = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    applications: new Map(),
    output: new Map(),
    events: [],
    onSubmit: () => {},
    onKill: (application) => {
      fake.applications.set(
        application.id,
        endedApplication(application, { state: "KILLED", reason: "killed" }),
      );
    },
    refusal: undefined,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => {
        server.close(resolve);
      });
    },
  };

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", fake.url);
    const written = await text(request);
    const body = (written === "" ? {} : JSON.parse(written)) as Readonly<Record<string, unknown>>;
    const question: Asked = {
      method: request.method ?? "",
      path: url.pathname,
      query: url.searchParams,
      body,
    };
    asked.push(question);
    if (fake.refusal !== undefined)
      sendError(response, fake.refusal.status, fake.refusal.code, fake.refusal.message);
    else answer(fake, question, response);
  }

  return fake;
}

function answer(
  fake: FakeMaster,
  { method, path, query, body }: Asked,
  response: ServerResponse,
): void {
  const [, , , collection, id, action, ...rest] = path.split("/");
  if (collection === "workers") return sendWorkers(id, action, body, response);
  if (collection === "overview") return sendJson(response, sampleOverview);
  if (collection === "events") return sendEvents(fake, query, response);
  if (collection !== "applications") return sendError(response, 404, "not-found", "no such page");
  if (id === undefined && method === "POST") return submit(fake, body, response);
  if (id === undefined) return list(fake, query, response);
  const application = fake.applications.get(decodeURIComponent(id));
  if (application === undefined)
    return sendError(response, 404, "not-found", `no application ${id} is known`);
  if (action === undefined) return sendJson(response, application);
  if (action === "why")
    return sendJson(response, {
      ...sampleExplanation,
      appId: application.id,
      state: application.state,
    });
  if (action === "rerun") return submit(fake, { name: application.name }, response);
  if (action === "kill") {
    const accepted = !isTerminal(application.state);
    if (accepted) fake.onKill(application, body["immediately"] === true);
    return sendJson(response, { id: application.id, accepted, state: application.state });
  }
  return sendOutput(fake, application, rest[2] ?? "stdout", query, response);
}

function sendWorkers(
  id: string | undefined,
  action: string | undefined,
  body: Readonly<Record<string, unknown>>,
  response: ServerResponse,
): void {
  if (id === undefined) return sendJson(response, { workers: [sampleWorker] });
  if (id !== sampleWorker.id)
    return sendError(response, 404, "not-found", `No worker ${JSON.stringify(id)} is known`);
  const deadlineMs = Number(body["deadlineMs"] ?? 0);
  const drain = {
    atMs: Date.UTC(2025, 10, 22),
    deadlineAtMs: deadlineMs === 0 ? null : Date.UTC(2025, 10, 22) + deadlineMs,
    reason: typeof body["reason"] === "string" ? body["reason"] : "",
  };
  return sendJson(response, {
    ...sampleWorker,
    attempts: 0,
    ...(action === "drain" ? { mode: "DRAINING", drain } : {}),
    ...(action === "labels" ? { labels: body["labels"] } : {}),
  });
}

function submit(
  fake: FakeMaster,
  body: Readonly<Record<string, unknown>>,
  response: ServerResponse,
): void {
  const number = fake.applications.size + 1;
  const application = sampleApplication({
    id: `app-20251122160102-${String(number).padStart(4, "0")}`,
    name: String(body["name"]),
  });
  fake.applications.set(application.id, application);
  fake.onSubmit(application);
  sendJson(response, { id: application.id, duplicate: false });
}

function list(fake: FakeMaster, query: URLSearchParams, response: ServerResponse): void {
  const states = query.getAll("state");
  const matching = [...fake.applications.values()]
    .filter((application) => states.length === 0 || states.includes(application.state))
    .filter((application) => (query.get("name") ?? application.name) === application.name)
    .reverse()
    .slice(0, Number(query.get("limit") ?? 100));
  sendJson(response, { applications: matching, nextCursor: null });
}

function sendOutput(
  fake: FakeMaster,
  application: Application,
  stream: string,
  query: URLSearchParams,
  response: ServerResponse,
): void {
  const all = Buffer.from(fake.output.get(`${application.id}/${stream}`) ?? "");
  const asked = Number(query.get("offset") ?? 0);
  const offset = asked < 0 ? Math.max(0, all.length + asked) : asked;
  const bytes = all.subarray(offset);
  response.writeHead(200, {
    [logHeaders.attempt]: String(application.attempt),
    [logHeaders.offset]: String(offset),
    [logHeaders.firstOffset]: "0",
    [logHeaders.size]: String(all.length),
    [logHeaders.nextOffset]: String(offset + bytes.length),
    [logHeaders.complete]: String(isTerminal(application.state)),
  });
  response.end(bytes);
}

function sendEvents(fake: FakeMaster, query: URLSearchParams, response: ServerResponse): void {
  const limit = Number(query.get("limit") ?? 100);
  const asked = query.get("after");
  const after = asked === null ? Math.max(0, fake.events.length - limit) : Number(asked);
  const events = fake.events.filter(({ sequence }) => sequence > after).slice(0, limit);
  sendJson(response, { events, nextAfter: events.at(-1)?.sequence ?? after, oldest: 1 });
}

function sendJson(response: ServerResponse, body: unknown): void {
  response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function sendError(response: ServerResponse, status: number, code: string, message: string): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify({ error: { code, message } }));
}

export function sampleApplication(changes: Partial<Application> = {}): Application {
  return {
    id: "app-20251122160102-0001",
    name: "orders",
    entryPoint: "shell",
    namespace: "default",
    state: "SUBMITTED",
    labels: {},
    cores: 1,
    memoryMiB: 256,
    submittedAtMs: Date.UTC(2025, 10, 22, 16, 1, 2),
    changedAtMs: Date.UTC(2025, 10, 22, 16, 1, 2),
    attempt: 0,
    workerId: null,
    startedAtMs: null,
    killRequested: false,
    key: null,
    rerunOf: null,
    end: null,
    killRequest: null,
    notBeforeMs: null,
    logs: null,
    attempts: [],
    description: {
      name: "orders",
      entryPoint: "shell",
      args: "echo hello",
      options: {},
      libs: [],
      milliCores: 1000,
      memoryMiB: 256,
      resources: {},
      openFilesMax: 65_536,
      supervise: false,
      restart: {
        on: [],
        maxAttempts: 3,
        windowMs: 3_600_000,
        backoffInitialMs: 5000,
        backoffMaxMs: 300_000,
      },
      onDisconnect: "keep",
      timeoutMs: null,
      waitTimeoutMs: null,
      deadlineMs: null,
      stop: { signal: "SIGTERM", graceMs: 10_000 },
      successExitCodes: [0],
      health: null,
      environment: {},
      user: null,
      namespace: "default",
      key: null,
      onConflict: "reject",
      labels: {},
      description: "",
      isolation: "dedicated",
      logs: { segmentBytes: 67_108_864, keep: 8, compress: true },
    },
    ...changes,
  };
}

/** `application` after one attempt that has ended like this. */
export function endedApplication(
  application: Application,
  end: Partial<NonNullable<Application["end"]>> &
    Pick<NonNullable<Application["end"]>, "state" | "reason">,
): Application {
  const startedAtMs = application.submittedAtMs + 500;
  const endedAtMs = startedAtMs + 11_000;
  const complete = {
    message: `ended as ${end.reason}`,
    exitCode: null,
    signal: null,
    outOfMemory: false,
    tree: "verified" as const,
    endedAtMs,
    ...end,
  };
  return {
    ...application,
    state: end.state,
    attempt: 1,
    workerId: "worker-1",
    startedAtMs,
    end: complete,
    attempts: [
      {
        number: 1,
        workerId: "worker-1",
        phase: "ENDED",
        placedAtMs: application.submittedAtMs + 100,
        startedAtMs,
        endedAtMs,
        pid: 4711,
        outcome: {
          kind: "exited",
          exitCode: complete.exitCode,
          signal: complete.signal,
          stopCause: null,
          outOfMemory: complete.outOfMemory,
          tree: "verified",
          startedAtMs,
          endedAtMs,
        },
      },
    ],
  };
}

export const sampleWorker = {
  id: "worker-1",
  mode: "ALIVE",
  host: "127.0.0.1",
  port: 40_001,
  cores: 4,
  usedCores: 1.5,
  memoryMiB: 4096,
  usedMemoryMiB: 256,
  attempts: 1,
  quarantined: [],
  heardMsAgo: 1200,
  containment: "cgroup",
  guarded: true,
  incarnation: 1,
  resources: {},
  usedResources: {},
  labels: {},
  drain: null,
  softwareVersion: "0.1.0",
  registeredAtMs: 0,
  changedAtMs: 0,
};

const sampleOverview = {
  state: "ALIVE",
  clusterId: "c1",
  epoch: 3,
  applications: { RUNNING: 2, SUBMITTED: 1 },
  waiting: 1,
  workers: { ALIVE: 1 },
  cores: { total: 4, used: 1.5 },
  memoryMiB: { total: 4096, used: 256 },
};

const sampleExplanation = {
  summary: "It needs 8 cores, and no worker has that many.",
  position: 1,
  canNeverFit: true,
  workers: [{ workerId: "worker-1", reason: "needs 8 cores, has 4", never: true }],
};
