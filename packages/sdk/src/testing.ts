export { runToEnd, startApplication } from "./testing/start-application.ts";
export type { StartedApplication, StartOptions } from "./testing/start-application.ts";
export { CollectedOutput } from "./testing/collected-output.ts";
export type { ApplicationEnd } from "./run/run-application.ts";
