import type { CommandDefinition } from "../command-definition.ts";
import { configureEnd, endApplication } from "../end-application.ts";

/** `aloha stop ID`: its stop signal, then its grace period, then the kill. */
export const applicationStop: CommandDefinition = {
  configure: configureEnd,
  run: (context, command) => endApplication(context, command, false),
};
