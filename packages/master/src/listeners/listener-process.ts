import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { toAlohaError } from "@aloha/core";
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

/** Starts `listener-main`. Where that fails, `ended` says so. */
export function startListenerProcess(options: ListenerProcessOptions): ListenerProcess {
  try {
    return attach(forkMain(options), options);
  } catch (thrown) {
    const { message } = toAlohaError(thrown);
    return {
      pid: undefined,
      ended: Promise.resolve(`it could not be started: ${message}`),
      send: () => undefined,
      kill: () => undefined,
    };
  }
}

function forkMain({ name, memoryBytesMax }: ListenerProcessOptions): ChildProcess {
  return fork(mainPath(), [String(process.pid), String(memoryBytesMax), name], {
    execArgv: [
      `--max-old-space-size=${Math.ceil(memoryBytesMax / 1024 ** 2)}`,
      // How a package is found from another directory counts as experimental in Node 20.
      "--disable-warning=ExperimentalWarning",
    ],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    serialization: "json",
  });
}

function attach(child: ChildProcess, options: ListenerProcessOptions): ListenerProcess {
  const { timers, logger } = options;
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
    // May come more than once: when it cannot be started, and when it cannot be signalled.
    child.on("error", (error) => {
      if (child.pid === undefined) resolve(`it could not be started: ${error.message}`);
    });
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
