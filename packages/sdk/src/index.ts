export type { Application } from "./application.ts";
export { AbstractApplication } from "./abstract-application.ts";
export { ApplicationWithProcess } from "./application-with-process.ts";
export type { ProcessCommand } from "./application-with-process.ts";
export { ExitState } from "./exit-state.ts";
export type { Failed, Finished } from "./exit-state.ts";
export { AlohaConf } from "./aloha-conf.ts";
export type { ApplicationContext, ApplicationOutput } from "./application-output.ts";
export type { ApplicationDescription } from "@aloha/core";
export type {
  AlohaEventListener,
  ApplicationRelaunched,
  ApplicationStateChanged,
  ListenerStart,
  MissedEvents,
  OtherEvent,
} from "./event-listener.ts";
