export type {
  AlohaEventListener,
  ApplicationRelaunched,
  ApplicationStateChanged,
  OtherEvent,
} from "./event-listener.ts";
