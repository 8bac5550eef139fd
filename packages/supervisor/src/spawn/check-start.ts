import type { AttemptKey, StartSpec } from "@aloha/core";
import type { StartFailure } from "../core/index.ts";

export interface FailedStart {
  readonly kind: "failed";
  readonly code: StartFailure;
  readonly message: string;
}

/** What makes a start impossible before anything is looked at on this host; null: nothing. */
export function checkStart(attempt: AttemptKey, spec: StartSpec): FailedStart | null {
  if (spec.environment["ALOHA_ATTEMPT"] !== attempt) {
    return failed(
      "environment",
      `ALOHA_ATTEMPT must be ${attempt}, or its processes could not be found.`,
    );
  }
  const [command] = spec.argv;
  if (command === undefined || command === "")
    return failed("command-not-found", "The command is empty.");
  for (const [name, value] of Object.entries(spec.environment)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !value.includes("\0")) continue;
    return failed(
      "environment",
      `The environment variable ${JSON.stringify(name)} cannot be set: names consist of letters, digits and _, values have no NUL.`,
    );
  }
  if (spec.argv.some((argument) => argument.includes("\0"))) {
    return failed(
      "spawn-failed",
      "An argument holds a NUL character, which no program can be given.",
    );
  }
  if (`${spec.workingDirectory}${spec.outputDirectory}`.includes("\0"))
    return failed("work-directory", "The path of a directory holds a NUL character.");
  return null;
}

/** A start that did not happen. */
export function failed(code: StartFailure, message: string): FailedStart {
  return { kind: "failed", code, message };
}
