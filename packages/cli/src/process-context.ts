import { systemClock, systemTimers } from "@aloha/runtime/time";
import type { CommandContext, CommandStream } from "./command-context.ts";
import { createPaint, wantsColor } from "./output/paint.ts";

/** The context of a command that is run as this process. */
export function processContext(): CommandContext {
  return {
    stdout: commandStream(process.stdout),
    stderr: commandStream(process.stderr),
    environment: process.env,
    workingDirectory: process.cwd(),
    clock: systemClock(),
    timers: systemTimers,
    openStdin: () => process.stdin,
    onInterrupt: listenToSignals,
  };
}

function commandStream(stream: NodeJS.WriteStream): CommandStream {
  let closed = false;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    // The reader has seen enough, or the terminal is gone. Anything else (a full disk) must not pass for success.
    if (error.code !== "EPIPE" && error.code !== "EIO") throw error;
    closed = true;
  });
  const isTerminal = stream.isTTY === true;
  return {
    isTerminal,
    paint: createPaint(wantsColor(isTerminal, process.env)),
    get closed() {
      return closed;
    },
    write: (data) =>
      closed
        ? Promise.resolve()
        : new Promise((resolve) => {
            stream.write(data, () => resolve());
          }),
  };
}

function listenToSignals(
  listener: (count: number, signal: "SIGINT" | "SIGTERM") => void,
): Disposable {
  let count = 0;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (signal === "SIGINT" || signal === "SIGTERM") listener(++count, signal);
  };
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  return {
    [Symbol.dispose]() {
      process.off("SIGINT", onSignal);
      process.off("SIGTERM", onSignal);
    },
  };
}
