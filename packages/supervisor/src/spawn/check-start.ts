import type { AttemptKey, StartSpec } from "@aloha/core";
import type { StartFailure } from "../core/index.ts";

export interface FailedStart {
  readonly kind: "failed";
  readonly code: StartFailure;
  readonly message: string;
}

/** What Linux gives to a program at most, whatever its limits (execve(2): a quarter of the stack of 8 MiB). */
const ARGUMENTS_BYTES_MAX = 2 * 1024 * 1024;

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
  const strings = [...spec.argv, ...Object.entries(spec.environment).flat()];
  const bytes = strings.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0);
  if (bytes > ARGUMENTS_BYTES_MAX) {
    return failed(
      "spawn-failed",
      `Arguments and environment take ${bytes} bytes; no program can be given more than ${ARGUMENTS_BYTES_MAX}.`,
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
