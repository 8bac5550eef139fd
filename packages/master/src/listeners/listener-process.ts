import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Logger, Timers } from "@aloha/runtime";
import { ListenerOutput } from "./listener-output.ts";
import { isFromListener, type FromListener, type ToListener } from "./listener-protocol.ts";

export interface ListenerProcessOptions {
  /** Shown by `ps`. */
  readonly name: string;
  readonly memoryBytesMax: number;
  readonly timers: Timers;
  /** Gets what the listener writes. */
  readonly logger: Logger;
  readonly received: (message: FromListener) => void;
}

/** How long the output of a process that has ended is waited for. */
const lastWordsMs = 250;

/** The process of a listener, as its master has it. */
export interface ListenerProcess {
  readonly pid: number | undefined;
  /** Resolves once it is gone, with how it ended in words. Never rejects. */
  readonly ended: Promise<string>;
  send(message: ToListener): void;
  kill(): void;
}

/** Starts `listener-main`. */
export function startListenerProcess(options: ListenerProcessOptions): ListenerProcess {
  const { name, memoryBytesMax, timers, logger } = options;
  const child = fork(mainPath(), [String(process.pid), String(memoryBytesMax), name], {
    execArgv: [
      `--max-old-space-size=${Math.ceil(memoryBytesMax / 1024 ** 2)}`,
      // How a package is found from another directory counts as experimental in Node 20.
      "--disable-warning=ExperimentalWarning",
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "json",
  });
  const { stdout, stderr } = child;
  if (stdout !== null)
    void new ListenerOutput(stdout, timers, (line) => logger.info("A listener says", { line }));
  const errors =
    stderr === null
      ? null
      : new ListenerOutput(stderr, timers, (line) => logger.warn("A listener says", { line }));
  child.on("message", (message) => {
    if (isFromListener(message)) options.received(message);
  });
  const ended = new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(`it could not be started: ${error.message}`));
    child.once("exit", (exitCode, signal) => {
      const how = signal === null ? `with exit code ${exitCode}` : `by ${signal}`;
      const tell = (): void => {
        const reason = errors?.reason ?? "";
        resolve(`its process ended ${how}${reason === "" ? "" : ` (${reason})`}`);
      };
      // Its last words say why; a process that it started may keep the stream open for ever.
      child.once("close", tell);
      timers.after(lastWordsMs, tell);
    });
  });
  return {
    pid: child.pid,
    ended,
    send: (message) => {
      // Where it has ended meanwhile, `ended` says so.
      if (child.connected) child.send(message, () => undefined);
    },
    kill: () => {
      child.kill("SIGKILL");
    },
  };
}

/** A process cannot run sources, so where this is one, the built file is taken. */
function mainPath(): string {
  const built = import.meta.url.endsWith(".ts")
    ? "../../dist/listeners/listener-main.js"
    : "./listener-main.js";
  return fileURLToPath(new URL(built, import.meta.url));
}
