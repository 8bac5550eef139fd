/**
 * Why an append log could not be opened or written:
 * `corrupt` (unreadable and not a torn tail), `other-format` (someone else's log), `newer-format`,
 * `unknown-entry` (an entry the owner does not understand), `entry-too-large`, `log-full` (its own limit),
 * `write-failed` (the system's error is the cause: ENOSPC, EIO ...), `closed`.
 */
export type AppendLogErrorCode =
  | "corrupt"
  | "other-format"
  | "newer-format"
  | "unknown-entry"
  | "entry-too-large"
  | "log-full"
  | "write-failed"
  | "closed";

/** A failure of an append log; the message names the file and what to do. */
export class AppendLogError extends Error {
  override readonly name = "AppendLogError";
  readonly code: AppendLogErrorCode;

  constructor(code: AppendLogErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
