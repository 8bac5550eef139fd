import type { Application } from "@aloha/api";
import { printable } from "./printable.ts";

/** How it ended, in a sentence that does not say the state again: empty if there is nothing to add. */
export function endText({ state, message }: NonNullable<Application["end"]>): string {
  return message.toUpperCase() === state ? "" : printable(message);
}
