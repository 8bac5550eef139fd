import { errorCode } from "@aloha/runtime/node";

/** Signals a process (or, negative, a process group); one that is gone is fine. */
export function signalProcess(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // EPERM: a set-uid program that this user may not signal; the verification will find it alive.
    const code = errorCode(error);
    if (code !== "ESRCH" && code !== "EPERM") throw error;
  }
}
