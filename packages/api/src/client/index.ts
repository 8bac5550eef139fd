export { AlohaClient } from "./aloha-client.ts";
export type {
  AlohaClientOptions,
  Cancellable,
  EventPageOptions,
  GetOptions,
  ListOptions,
  LogOptions,
} from "./aloha-client.ts";
export { ApiError } from "./api-error.ts";
export type { ApiErrorOptions } from "./api-error.ts";
export type { HttpAnswer, HttpInit, HttpSend } from "./http-send.ts";
export type { LogPage } from "./log-page.ts";
export type { LogPiece } from "./follow-logs.ts";
export { masterUrl } from "./master-ring.ts";
export type { MasterRingOptions, Pause } from "./master-ring.ts";
export type { BulkOutcome, ManyApplications, WrittenApplication } from "./submit-many.ts";
