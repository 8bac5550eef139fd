import { fork, type ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { closeIfInterrupted } from "../harness/open-resources.ts";

/** What of a daemon's log is kept for messages: the last part is what tells why it failed. */
const LOG_LENGTH_MAX = 8192;
const START_TIMEOUT_MS = 30_000;
const STOP_TIMEOUT_MS = 60_000;

/** The part of the daemons' word to their parent that is used here. */
interface Ready {
  readonly kind: "ready";
  /** `host:port` of the RPC endpoint. */
  readonly address: string;
  /** Where HTTP answers; null where the daemon has none. */
  readonly url: string | null;
}

/** `aloha master` or `aloha worker` as users run it, in a process of its own. Stopped, with all its work, when it goes out of scope. */
export class Daemon implements AsyncDisposable {
  readonly ready: Ready;
  readonly #child: ChildProcess;
  readonly #ended: Promise<string>;

  private constructor(child: ChildProcess, ended: Promise<string>, ready: Ready) {
    this.#child = child;
    this.#ended = ended;
    this.ready = ready;
    void ended.then(closeIfInterrupted(this));
  }

  /** Settles when it is ready; rejects with the end of its log if it ends before. */
  static async start(argv: readonly string[], directory: string): Promise<Daemon> {
    const child = fork(alohaPath, [...argv], {
      cwd: directory,
      // A session of its own: Ctrl-C reaches the benchmarks alone, which stop things in order.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ALOHA_CONF_DIR: directory },
      execArgv: profilingArguments(),
    });
    let log = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        log = (log + text).slice(-LOG_LENGTH_MAX);
      });
    }
    const ended = new Promise<string>((resolve) => {
      child.once("close", () => resolve(log));
      child.once("error", (error) => resolve(error.message));
    });
    const ready = await Promise.race([
      new Promise<Ready>((resolve) => {
        child.on("message", (message) => {
          if (isReady(message)) resolve(message);
        });
      }),
      ended,
      after(START_TIMEOUT_MS),
    ]);
    if (typeof ready === "object") return new Daemon(child, ended, ready);
    child.kill("SIGKILL");
    throw new Error(`aloha ${argv.join(" ")} did not start:\n${ready ?? log}`);
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error("It did not start.");
    return this.#child.pid;
  }

  /** Ends it with its work. By force only if it takes too long, which rejects. */
  async stop(): Promise<void> {
    if (this.#child.connected) this.#child.send({ kind: "stop", stopWork: true }, () => {});
    const log = await Promise.race([this.#ended, after(STOP_TIMEOUT_MS)]);
    if (log !== undefined) return;
    this.#child.kill("SIGKILL");
    throw new Error(`A daemon did not stop; its log ends with:\n${await this.#ended}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/** The command, as `npm ci` and a build leave it. */
export const alohaPath: string = fileURLToPath(
  new URL("../../../packages/cli/bin/aloha.js", import.meta.url),
);

/** ALOHA_BENCH_PROFILE names a directory for CPU profiles of the daemons. */
function profilingArguments(): string[] {
  const directory = process.env["ALOHA_BENCH_PROFILE"];
  return directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
}

function isReady(message: unknown): message is Ready {
  return (
    typeof message === "object" &&
    message !== null &&
    "kind" in message &&
    message.kind === "ready" &&
    "address" in message &&
    typeof message.address === "string" &&
    "url" in message &&
    (message.url === null || typeof message.url === "string")
  );
}

function after(delayMs: number): Promise<undefined> {
  return new Promise((resolve) => setTimeout(() => resolve(undefined), delayMs).unref());
}
