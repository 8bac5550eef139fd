import { formatAttemptKey, parseDescription } from "@aloha/core";
import type {
  ApplicationDescription,
  AttemptOutcome,
  AttemptReport,
  LogReply,
  ProbeReply,
  RegisterReply,
  StartSpec,
  SupervisedAttempt,
  SupervisorCommand,
  SupervisorReport,
  Sync,
  SyncAnswer,
} from "@aloha/core";

export const attempt = formatAttemptKey({
  clusterId: "c-1",
  appId: "app-20260101000000-0001",
  number: 1,
});
const epoch = { number: 3, nonce: "abc" };
const authority = { epoch, incarnation: 2 };

function describe(extra: object): ApplicationDescription {
  const parsed = parseDescription(
    {
      name: "a",
      entryPoint: "shell",
      logs: { segment: "1MiB", keep: 2, compress: false },
      ...extra,
    },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.description;
}

export const outcomes: readonly AttemptOutcome[] = [
  {
    kind: "exited",
    exitCode: 0,
    signal: null,
    stopCause: null,
    outOfMemory: false,
    tree: "verified",
    startedAtMs: 1,
    endedAtMs: 2,
  },
  {
    kind: "exited",
    exitCode: null,
    signal: "SIGKILL",
    stopCause: "fence",
    outOfMemory: true,
    tree: "best-effort",
    startedAtMs: 1,
    endedAtMs: 2,
  },
  { kind: "start-failed", code: "command-not-found", message: "no such command", endedAtMs: 2 },
  {
    kind: "exit-unknown",
    reason: "host-rebooted",
    message: "rebooted",
    stopCause: null,
    tree: "verified",
    endedAtMs: 2,
  },
  { kind: "rejected", code: "lapsed", message: "too late", endedAtMs: 2 },
  { kind: "never-started", endedAtMs: 2 },
];

const reports: readonly AttemptReport[] = [
  { id: 1, attempt, event: { kind: "accepted" } },
  { id: 2, attempt, event: { kind: "started", pid: 5, startedAtMs: 7 } },
  ...outcomes.map((outcome, index) => ({
    id: 3 + index,
    attempt,
    event: { kind: "ended", outcome } as const,
  })),
];

export const register = {
  kind: "register",
  version: 1,
  workerId: "w-1",
  hostId: "h",
  bootId: "b",
  incarnation: 1,
  epochSeen: epoch,
  clusterIdSeen: "c-1",
  nonce: "n",
  address: { host: "::1", port: 7 },
  milliCores: 1,
  memoryMiB: 2,
  containment: "group",
  guarded: true,
  resources: { gpu: 2 },
  labels: { zone: "a" },
  softwareVersion: "0.1.0",
} as const;

const sync: Sync = {
  kind: "sync",
  workerId: "w-1",
  incarnation: 1,
  seq: 4,
  epochSeen: epoch,
  nonce: "n",
  stamp: 9,
  applied: [1, 2],
  outstanding: [3],
  intent: "serving",
  reports,
  running: { kind: "full", attempts: [{ attempt, phase: "started", milliCores: 1, memoryMiB: 0 }] },
};
export const syncs: readonly Sync[] = [sync, { ...sync, running: { kind: "hash", hash: "0-0-0" } }];
export const probe = { kind: "probe", workerId: "w-1", nonce: "n" } as const;

const notLeader = {
  kind: "not-leader",
  nonce: "n",
  state: "STANDBY",
  leader: "[::1]:7077",
} as const;
const refused = { kind: "register-refused", code: "limit", message: "full" } as const;
export const registerReplies: readonly RegisterReply[] = [
  { kind: "registered", clusterId: "c-1", epoch, leaseMs: 60_000, masters: ["localhost:7077"] },
  notLeader,
  refused,
];
export const syncAnswers: readonly SyncAnswer[] = [
  {
    kind: "sync-reply",
    seq: 4,
    epoch,
    leaseMs: 0,
    masters: ["10.0.0.1:7077"],
    acks: [1],
    wantFull: false,
    directives: [
      {
        kind: "launch",
        attempt,
        description: describe({
          environment: { A: "x", B: { worker: "C" } },
          labels: { a: "b" },
          timeout: "1s",
        }),
      },
      {
        kind: "launch",
        attempt,
        description: describe({ args: ["ls", "-l"], libs: ["/x"], restart: { on: ["oom"] } }),
      },
      { kind: "kill", attempt, immediately: true },
      { kind: "forget", attempt },
    ],
  },
  { kind: "register-again", message: "unknown worker" },
  notLeader,
  refused,
];
export const probeReplies: readonly ProbeReply[] = [
  { kind: "leading", nonce: "n", epoch },
  notLeader,
];
export const readLog = {
  kind: "read-log",
  attempt,
  stream: "stdout",
  offset: 0,
  maxBytes: 1024,
  waitMs: 0,
} as const;
export const logReplies: readonly LogReply[] = [
  {
    kind: "log-chunk",
    offset: 0,
    bytes: new Uint8Array(3),
    firstOffset: 0,
    sizeBytes: 3,
    complete: true,
  },
  { kind: "log-unavailable", message: "gone" },
];

const spec: StartSpec = {
  argv: ["/bin/true"],
  workingDirectory: "/tmp/a",
  environment: { A: "x" },
  outputDirectory: "/tmp/a",
  logs: { segmentBytes: 4096, rollEveryMs: 60_000, keep: 2, compress: true },
  stop: { signal: "SIGTERM", graceMs: 0 },
  onDisconnect: "fence",
  timeLimitMs: 5,
  openFilesMax: 1024,
  account: { uid: 1000, gid: 1000, groups: [1000, 27] },
  milliCores: 1,
  memoryMiB: 1,
  messagePath: "/tmp/a/.message-1",
  hosted: { pool: "p", order: "{}" },
};
export const commands: readonly SupervisorCommand[] = [
  { kind: "attach", version: 1, workerId: "w", incarnation: 1 },
  { kind: "stamp", stamp: 1 },
  { kind: "start", attempt, spec, stamp: 1, leaseMs: 5, authority },
  { kind: "renew", attempts: [attempt], stamp: 1, leaseMs: 5, authority },
  { kind: "kill", attempt, authority, immediately: false },
  { kind: "forget", attempts: [attempt] },
  { kind: "shutdown", killAll: true },
];

const supervised: readonly SupervisedAttempt[] = [
  { kind: "live", attempt, pid: 3, startedAtMs: 4, stopCause: "kill" },
  { kind: "starting", attempt },
  { kind: "ended", attempt, outcome: outcomes[0]! },
];
export const supervisorReports: readonly SupervisorReport[] = [
  {
    kind: "attached",
    version: 1,
    bootId: "b",
    containment: "cgroup",
    guarded: true,
    epochsSeen: [{ clusterId: "c1", epoch }],
    attempts: supervised,
  },
  { kind: "attach-refused", code: "other-worker", message: "" },
  { kind: "stamped", stamp: 1 },
  { kind: "started", attempt, pid: 3, startedAtMs: 4.5 },
  { kind: "ended", attempt, outcome: outcomes[1]! },
  { kind: "unknown-attempt", attempt },
  { kind: "alert", code: "disk-full", message: "x" },
  { kind: "shutdown-refused", message: "x" },
];
