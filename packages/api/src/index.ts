export {
  ApplicationEndSchema,
  ApplicationPageSchema,
  ApplicationSchema,
  ApplicationStateSchema,
  ApplicationSummarySchema,
  AttemptListSchema,
  AttemptOutcomeSchema,
  AttemptSchema,
  DescriptionSchema,
  KillSchema,
  KilledSchema,
  RerunSchema,
  SubmittedSchema,
} from "./schema/application.ts";
export type {
  Application,
  ApplicationEndView,
  ApplicationPage,
  ApplicationSummary,
  Attempt,
  AttemptList,
  KillBody,
  Killed,
  RerunBody,
  Submitted,
} from "./schema/application.ts";
export {
  DrainSchema,
  ErrorSchema,
  ExplanationSchema,
  HealthSchema,
  ListenerListSchema,
  OverviewSchema,
  VersionSchema,
  WorkerLabelsSchema,
  WorkerListSchema,
  WorkerSchema,
} from "./schema/cluster.ts";
export type {
  DrainBody,
  ErrorBody,
  ExplanationView,
  Health,
  ListenerList,
  OverviewView,
  Version,
  Worker,
  WorkerLabelsBody,
  WorkerList,
} from "./schema/cluster.ts";
export { EventPageSchema, EventSchema } from "./schema/event.ts";
export type { EventPage } from "./schema/event.ts";
export { epochHeader, leaderHeader, logHeaders } from "./schema/headers.ts";
export { BulkResultSchema } from "./schema/bulk.ts";
export type { BulkResult } from "./schema/bulk.ts";
