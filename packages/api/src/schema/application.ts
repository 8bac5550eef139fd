import {
  exitUnknownReasons,
  killCauses,
  liveStates,
  rejectionCodes,
  startFailureCodes,
  stopCauses,
  terminalStates,
} from "@aloha/core";
import { Type, type Static } from "typebox";
import { nullable, oneOf } from "./nullable.ts";

/** Every state, as it is written in answers and in the filter `state`. */
export const ApplicationStateSchema = oneOf([...liveStates, ...terminalStates]);

const Milliseconds = Type.Integer({ description: "Milliseconds since 1970-01-01 UTC" });
const Tree = oneOf(["verified", "best-effort"]);

/** How an application ended. */
export const ApplicationEndSchema = Type.Object({
  state: oneOf(terminalStates),
  reason: oneOf([
    "completed",
    "exit-code",
    "signal",
    "out-of-memory",
    "killed",
    "killed-before-start",
    "replaced",
    "timeout",
    "unhealthy",
    "wait-timeout",
    "deadline",
    "start-failed",
    "exit-unknown",
    "host-rebooted",
    "host-killed",
    "host-crashed",
    "worker-lost",
    "fenced",
    "drained",
    "supervision-lost",
  ]),
  message: Type.String(),
  exitCode: nullable(Type.Integer()),
  signal: nullable(Type.String()),
  outOfMemory: Type.Boolean(),
  tree: nullable(Tree),
  endedAtMs: Milliseconds,
});

/** How one attempt ended. */
export const AttemptOutcomeSchema = Type.Union([
  Type.Object({
    kind: Type.Literal("exited"),
    exitCode: nullable(Type.Integer()),
    signal: nullable(Type.String()),
    stopCause: nullable(oneOf(stopCauses)),
    outOfMemory: Type.Boolean(),
    tree: Tree,
    message: Type.Optional(
      Type.String({ description: "What it left in the file that ALOHA_MESSAGE_FILE names" }),
    ),
    startedAtMs: Milliseconds,
    endedAtMs: Milliseconds,
  }),
  Type.Object({
    kind: Type.Literal("start-failed"),
    code: oneOf(startFailureCodes),
    message: Type.String(),
    endedAtMs: Milliseconds,
  }),
  Type.Object({
    kind: Type.Literal("exit-unknown"),
    reason: oneOf(exitUnknownReasons),
    message: Type.String(),
    stopCause: nullable(oneOf(stopCauses)),
    tree: Tree,
    endedAtMs: Milliseconds,
  }),
  Type.Object({
    kind: Type.Literal("rejected"),
    code: oneOf(rejectionCodes),
    message: Type.String(),
    endedAtMs: Milliseconds,
  }),
  Type.Object({ kind: Type.Literal("never-started"), endedAtMs: Milliseconds }),
]);

/** One attempt, as the master recorded it. */
export const AttemptSchema = Type.Object({
  number: Type.Integer(),
  workerId: Type.String(),
  phase: oneOf(["PLACED", "ACCEPTED", "STARTED", "ENDED", "FENCED", "LOST"]),
  placedAtMs: Milliseconds,
  startedAtMs: nullable(Milliseconds),
  endedAtMs: nullable(Milliseconds),
  pid: nullable(Type.Integer()),
  outcome: nullable(AttemptOutcomeSchema),
  health: Type.Optional(
    Type.Object({ healthy: Type.Boolean(), sinceMs: Milliseconds, message: Type.String() }),
  ),
});

const summaryFields = {
  id: Type.String(),
  name: Type.String(),
  entryPoint: Type.String(),
  namespace: Type.String(),
  state: ApplicationStateSchema,
  labels: Type.Record(Type.String(), Type.String()),
  cores: Type.Number(),
  memoryMiB: Type.Integer(),
  submittedAtMs: Milliseconds,
  changedAtMs: Milliseconds,
  attempt: Type.Integer({ description: "Number of the newest attempt; 0 before the first" }),
  workerId: nullable(Type.String()),
  startedAtMs: nullable(Milliseconds),
  killRequested: Type.Boolean(),
  key: nullable(Type.String()),
  rerunOf: nullable(Type.String()),
  end: nullable(ApplicationEndSchema),
};

/** An application in a list. */
export const ApplicationSummarySchema = Type.Object(summaryFields);

const HealthPolicySchema = Type.Object({
  probe: Type.Union([
    Type.Object({ kind: Type.Literal("http"), url: Type.String() }),
    Type.Object({
      kind: Type.Literal("exec"),
      command: Type.Union([Type.String(), Type.Array(Type.String())]),
    }),
    Type.Object({ kind: Type.Literal("silence") }),
  ]),
  intervalMs: Type.Integer(),
  failures: Type.Integer(),
  action: oneOf(["alert", "restart"]),
});

/** An application's description, complete: every default is filled in. */
export const DescriptionSchema = Type.Object({
  name: Type.String(),
  entryPoint: Type.String(),
  args: Type.Union([Type.String(), Type.Array(Type.String())]),
  options: Type.Record(Type.String(), Type.Unknown()),
  libs: Type.Array(Type.String()),
  milliCores: Type.Integer(),
  memoryMiB: Type.Integer(),
  resources: Type.Record(Type.String(), Type.Integer()),
  openFilesMax: Type.Integer(),
  supervise: Type.Boolean(),
  restart: Type.Object({
    on: Type.Array(oneOf(["failure", "timeout", "oom"])),
    maxAttempts: Type.Integer(),
    windowMs: Type.Integer(),
    backoffInitialMs: Type.Integer(),
    backoffMaxMs: Type.Integer(),
  }),
  onDisconnect: oneOf(["keep", "fence"]),
  timeoutMs: nullable(Type.Integer()),
  waitTimeoutMs: nullable(Type.Integer()),
  deadlineMs: nullable(Type.Integer()),
  stop: Type.Object({ signal: Type.String(), graceMs: Type.Integer() }),
  successExitCodes: Type.Array(Type.Integer()),
  health: nullable(HealthPolicySchema),
  environment: Type.Record(
    Type.String(),
    Type.Union([Type.String(), Type.Object({ worker: Type.String() })]),
  ),
  user: nullable(Type.String()),
  namespace: Type.String(),
  key: nullable(Type.String()),
  onConflict: oneOf(["reject", "replace", "queue"]),
  labels: Type.Record(Type.String(), Type.String()),
  description: Type.String(),
  isolation: oneOf(["dedicated", "shared"]),
  logs: Type.Object({
    segmentBytes: nullable(Type.Integer()),
    keep: nullable(Type.Integer()),
    compress: nullable(Type.Boolean()),
  }),
});

/** How output is rolled. Null: never by size, never by time, all files are kept. */
const LogPolicySchema = Type.Object({
  segmentBytes: nullable(Type.Integer()),
  rollEveryMs: nullable(Type.Integer()),
  keep: nullable(Type.Integer()),
  compress: Type.Boolean(),
});

/** One application in full. */
export const ApplicationSchema = Type.Object({
  ...summaryFields,
  description: DescriptionSchema,
  killRequest: nullable(
    Type.Object({
      cause: oneOf(killCauses),
      atMs: Milliseconds,
      immediately: Type.Boolean(),
      reason: Type.String(),
    }),
  ),
  notBeforeMs: nullable(Milliseconds),
  logs: nullable(LogPolicySchema),
  attempts: Type.Array(AttemptSchema, { description: "The newest attempts, oldest first" }),
});

/** A page of a list, newest first. `nextCursor` is null on the last page. */
export const ApplicationPageSchema = Type.Object({
  applications: Type.Array(ApplicationSummarySchema),
  nextCursor: nullable(Type.String()),
});

export const AttemptListSchema = Type.Object({
  attempts: Type.Array(AttemptSchema),
  attemptsTotal: Type.Integer(),
});

/** The answer to a submission. `duplicate`: the requestId was used before, for the same body. */
export const SubmittedSchema = Type.Object({ id: Type.String(), duplicate: Type.Boolean() });

/** The body of a rerun: the same requestId makes it once. */
export const RerunSchema = Type.Object(
  { requestId: Type.Optional(Type.String({ minLength: 1, maxLength: 128 })) },
  { additionalProperties: false },
);

export const KillSchema = Type.Object(
  {
    immediately: Type.Optional(Type.Boolean()),
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  { additionalProperties: false },
);

/** The answer to a kill. `state`: as it was when the kill was accepted, or how it had already ended. */
export const KilledSchema = Type.Object({
  id: Type.String(),
  accepted: Type.Boolean(),
  state: ApplicationStateSchema,
});

export type ApplicationEndView = Static<typeof ApplicationEndSchema>;
export type Attempt = Static<typeof AttemptSchema>;
export type AttemptList = Static<typeof AttemptListSchema>;
export type ApplicationSummary = Static<typeof ApplicationSummarySchema>;
export type Application = Static<typeof ApplicationSchema>;
export type ApplicationPage = Static<typeof ApplicationPageSchema>;
export type RerunBody = Static<typeof RerunSchema>;
export type Submitted = Static<typeof SubmittedSchema>;
export type KillBody = Static<typeof KillSchema>;
export type Killed = Static<typeof KilledSchema>;
