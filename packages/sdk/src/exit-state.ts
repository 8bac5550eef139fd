/** It did what it was for. `message` says what, in a sentence that people see in `aloha status`. */
export interface Finished {
  readonly state: "FINISHED";
  readonly message: string | null;
}

/** It could not do what it was for. `code` is an exit code from 1 to 255, `message` says why. */
export interface Failed {
  readonly state: "FAILED";
  readonly code: number;
  readonly message: string;
}

/**
 * How an application says that it ended: what the promise of `start()` is resolved with.
 *
 * A FINISHED application ends with exit code 0 and a FAILED one with its code, and
 * `successExitCodes` and `restart` of its description are applied to that, as to the exit code of
 * any program. So are kills: an application that was asked to stop ends KILLED, whatever it says.
 */
export type ExitState = Finished | Failed;

/** What is done when `start()` throws, or its promise is rejected. */
export const FAILED_CODE = 1;

const codeMax = 255;

/**
 * Makes exit states: `ExitState.finished("42 rows loaded")`, `ExitState.failed("no such table")`.
 */
export const ExitState: {
  /** It did what it was for. */
  finished(message?: string): Finished;
  /**
   * It did not. `code` is a whole number from 1 to 255 and 1 by default. Throws RangeError for another one.
   */
  failed(message: string, code?: number): Failed;
} = {
  finished: (message) => ({ state: "FINISHED", message: message ?? null }),
  failed(message, code = FAILED_CODE) {
    if (!isFailureCode(code)) {
      throw new RangeError(`the code of a failure is a whole number from 1 to ${codeMax}`);
    }
    return { state: "FAILED", code, message };
  },
};

/**
 * The exit state that `value` is, however it was made: plain JavaScript can resolve `start()` with
 * anything. Gives undefined for what is none. A missing message is fine, and so is a missing code of a failure.
 */
export function toExitState(value: unknown): ExitState | undefined {
  if (typeof value !== "object" || value === null || !("state" in value)) return undefined;
  const message = "message" in value ? value.message : undefined;
  const code = "code" in value ? value.code : undefined;
  const isText = message === undefined || message === null || typeof message === "string";
  if (!isText) return undefined;
  if (value.state === "FINISHED") return { state: "FINISHED", message: message ?? null };
  if (value.state !== "FAILED") return undefined;
  const failure = code ?? FAILED_CODE;
  return isFailureCode(failure)
    ? { state: "FAILED", code: failure, message: message ?? "" }
    : undefined;
}

function isFailureCode(code: unknown): code is number {
  return typeof code === "number" && Number.isInteger(code) && code >= 1 && code <= codeMax;
}
