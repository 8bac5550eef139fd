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
  Submitted,
} from "./schema/application.ts";
export {
  ErrorSchema,
  ExplanationSchema,
  HealthSchema,
  ListenerListSchema,
  OverviewSchema,
  VersionSchema,
  WorkerListSchema,
  WorkerSchema,
} from "./schema/cluster.ts";
export type {
  ErrorBody,
  ExplanationView,
  Health,
  ListenerList,
  OverviewView,
  Version,
  Worker,
  WorkerList,
} from "./schema/cluster.ts";
export { EventPageSchema, EventSchema } from "./schema/event.ts";
export type { EventPage } from "./schema/event.ts";
export { epochHeader, leaderHeader, logHeaders } from "./schema/headers.ts";
export { BulkResultSchema } from "./schema/bulk.ts";
export type { BulkResult } from "./schema/bulk.ts";
