import type { ApplicationState } from "@aloha/core";

/** Whether an application that ended so did what was asked of it: such ones are kept for a shorter time. */
export function isSuccess(state: ApplicationState): boolean {
  return state === "FINISHED" || state === "KILLED";
}
