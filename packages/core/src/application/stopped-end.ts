import { formatDuration } from "../units/duration.ts";
import type { ApplicationDescription } from "./description.ts";
import type { TreeEnd } from "./outcome.ts";
import type { ApplicationEnd, KillRequest } from "./record.ts";

/** How far an application had come when it was stopped. */
export type StoppedWhen = "before-start" | "running" | "between-attempts";

interface StoppedFacts {
  readonly exitCode?: number | null;
  readonly signal?: string | null;
  readonly tree?: TreeEnd;
}

/** The end of an application that was made to end: by somebody, by a limit of its own, or by the one that took its key. */
export function stoppedEnd(
  request: KillRequest,
  description: ApplicationDescription,
  when: StoppedWhen,
  endedAtMs: number,
  facts: StoppedFacts = {},
): ApplicationEnd {
  return {
    ...verdict(request, description, when),
    exitCode: facts.exitCode ?? null,
    signal: facts.signal ?? null,
    outOfMemory: false,
    tree: facts.tree ?? null,
    endedAtMs,
  };
}

function verdict(
  request: KillRequest,
  description: ApplicationDescription,
  when: StoppedWhen,
): Pick<ApplicationEnd, "state" | "reason" | "message"> {
  switch (request.cause) {
    case "deadline":
      return {
        state: "TIMED_OUT",
        reason: "deadline",
        message: `Not ended ${formatDuration(description.deadlineMs ?? 0)} after its submission, its deadline`,
      };
    case "wait-timeout":
      return {
        state: "TIMED_OUT",
        reason: "wait-timeout",
        message: `Not started ${formatDuration(description.waitTimeoutMs ?? 0)} after its submission, the longest wait that it allows`,
      };
    case "replaced":
      return { state: "KILLED", reason: "replaced", message: killed(request, when) };
    case "request":
      return {
        state: "KILLED",
        reason: when === "before-start" ? "killed-before-start" : "killed",
        message: killed(request, when),
      };
  }
}

const killedWhen: Readonly<Record<StoppedWhen, string>> = {
  "before-start": "Killed before it was started",
  running: "Killed",
  "between-attempts": "Killed while it waited to be relaunched",
};

function killed(request: KillRequest, when: StoppedWhen): string {
  return request.reason === "" ? killedWhen[when] : `${killedWhen[when]}: ${request.reason}`;
}
