export type {
  AlohaEventListener,
  ApplicationRelaunched,
  ApplicationStateChanged,
  ListenerStart,
  MissedEvents,
  OtherEvent,
} from "./event-listener.ts";
