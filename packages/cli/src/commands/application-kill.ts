import type { CommandDefinition } from "../command-definition.ts";
import { configureEnd, endApplication } from "../end-application.ts";

/** `aloha kill ID`: without a grace period. */
export const applicationKill: CommandDefinition = {
  configure: configureEnd,
  run: (context, command) => endApplication(context, command, true),
};
