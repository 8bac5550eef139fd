import { Type, type Static } from "typebox";
import { nullable, oneOf } from "./nullable.ts";

/** Why an application waits, or where it runs. */
export const ExplanationSchema = Type.Object({
  appId: Type.String(),
  state: Type.String(),
  summary: Type.String(),
  position: nullable(Type.Integer()),
  canNeverFit: Type.Boolean(),
  workers: Type.Array(
    Type.Object({ workerId: Type.String(), reason: Type.String(), never: Type.Boolean() }),
  ),
});

export const WorkerSchema = Type.Object({
  id: Type.String(),
  mode: oneOf(["ALIVE", "DRAINING", "MAINTENANCE", "UNKNOWN", "DEAD"]),
  host: Type.String(),
  port: Type.Integer(),
  cores: Type.Number(),
  usedCores: Type.Number(),
  memoryMiB: Type.Integer(),
  usedMemoryMiB: Type.Integer(),
  resources: Type.Record(Type.String(), Type.Integer()),
  usedResources: Type.Record(Type.String(), Type.Integer()),
  labels: Type.Record(Type.String(), Type.String()),
  drain: nullable(
    Type.Object({
      atMs: Type.Integer(),
      deadlineAtMs: nullable(Type.Integer()),
      reason: Type.String(),
    }),
  ),
  attempts: Type.Integer(),
  quarantined: Type.Array(Type.String()),
  heardMsAgo: nullable(Type.Number()),
  containment: oneOf(["cgroup", "group"]),
  guarded: Type.Boolean(),
  incarnation: Type.Integer(),
  softwareVersion: Type.String(),
  registeredAtMs: Type.Integer(),
  changedAtMs: Type.Integer(),
});

/** The body of a drain. Without `deadlineMs` what runs may run to its end. */
export const DrainSchema = Type.Object(
  {
    deadlineMs: Type.Optional(Type.Integer({ minimum: 0 })),
    reason: Type.Optional(Type.String({ maxLength: 1000 })),
  },
  { additionalProperties: false },
);

/** Labels to set; null removes one. */
export const WorkerLabelsSchema = Type.Object(
  { labels: Type.Record(Type.String(), nullable(Type.String())) },
  { additionalProperties: false },
);

export const WorkerListSchema = Type.Object({ workers: Type.Array(WorkerSchema) });

const Amounts = Type.Object({ total: Type.Number(), used: Type.Number() });

export const OverviewSchema = Type.Object({
  state: oneOf(["RECOVERING", "ALIVE", "READ_ONLY"]),
  clusterId: Type.String(),
  epoch: Type.Integer(),
  applications: Type.Record(Type.String(), Type.Integer(), {
    description: "Live applications by state",
  }),
  waiting: Type.Integer(),
  workers: Type.Record(Type.String(), Type.Integer(), { description: "Workers by mode" }),
  cores: Amounts,
  memoryMiB: Amounts,
});

/** A listener of the master that leads. */
export const ListenerSchema = Type.Object({
  name: Type.String({ description: "As aloha.extraListeners names it" }),
  state: oneOf(["WAITING", "RUNNING", "RESTARTING", "FAILED", "STOPPED"]),
  pid: nullable(Type.Integer()),
  lastSequence: nullable(Type.Integer({ description: "The last event that it handled" })),
  queued: Type.Integer({ description: "Events that it still has to get" }),
  missed: Type.Integer({ description: "Events that it never gets" }),
  errors: Type.Integer({ description: "Times that one of its methods threw" }),
  restarts: Type.Integer({ description: "Times that its process was started again" }),
  lastError: nullable(Type.String()),
});

export const ListenerListSchema = Type.Object({ listeners: Type.Array(ListenerSchema) });

export const VersionSchema = Type.Object({ version: Type.String(), api: Type.Literal("v1") });

/** `/readyz` and `/healthz`. */
export const HealthSchema = Type.Object({ state: Type.String(), ready: Type.Boolean() });

/** Every refusal and failure. `code` is for programs, `message` says what happened and what to do. */
export const ErrorSchema = Type.Object({
  error: Type.Object({
    code: Type.String(),
    message: Type.String(),
    details: Type.Optional(Type.Array(Type.String())),
  }),
});

export type ExplanationView = Static<typeof ExplanationSchema>;
export type Worker = Static<typeof WorkerSchema>;
export type DrainBody = Static<typeof DrainSchema>;
export type WorkerLabelsBody = Static<typeof WorkerLabelsSchema>;
export type WorkerList = Static<typeof WorkerListSchema>;
export type OverviewView = Static<typeof OverviewSchema>;
export type ListenerList = Static<typeof ListenerListSchema>;
export type Version = Static<typeof VersionSchema>;
export type Health = Static<typeof HealthSchema>;
export type ErrorBody = Static<typeof ErrorSchema>;
