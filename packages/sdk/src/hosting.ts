/**
 * What runs applications: the host, and the testing helpers. Applications do not need it.
 */
export { errorText } from "./run/error-text.ts";
export { hostExitCodes, runApplication } from "./run/run-application.ts";
export type { ApplicationEnd, ApplicationOrder, ApplicationRun } from "./run/run-application.ts";
