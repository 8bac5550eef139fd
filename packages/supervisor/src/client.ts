import { mkdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { resolve } from "node:path";
import { AlohaError, supervisorProtocolVersion, toAlohaError } from "@aloha/core";
import type { SupervisorCommand, SupervisorReport } from "@aloha/core";
import type { Runtime, Timer } from "@aloha/runtime";
import { launchSupervisor, type LaunchOptions } from "./launch-supervisor.ts";
import { StartCompactor } from "./socket/compact-starts.ts";
import { FRAME_BYTES_MAX, FrameReader } from "./socket/frames.ts";
import { supervisorSocketPath } from "./socket/socket-path.ts";

const RECONNECT_INITIAL_MS = 20;
const RECONNECT_MAX_MS = 1_000;
/** How long a supervisor that was started may take until it answers, before another is started. */
const LAUNCH_PATIENCE_MS = 10_000;
/** One that has answered and is gone is replaced soon, but not in a tight loop if each ends at once. */
const RELAUNCH_PAUSE_MS = 1_000;

export interface SupervisorClientOptions {
  readonly runtime: Runtime;
  /** The supervisor's state directory, one a worker. Made if it is missing. */
  readonly directory: string;
  readonly workerId: string;
  readonly incarnation: number;
  /** Every report, in order; the first on each connection is `attached` or `attach-refused`. */
  readonly onReport: (report: SupervisorReport) => void;
  /** The connection was lost; another is being made. */
  readonly onDisconnected?: () => void;
  /** How to start a supervisor where none runs; null never starts one. */
  readonly launch?: LaunchOptions | null;
}

/** A worker's end of the connection to its supervisor. */
export interface SupervisorClient {
  readonly connected: boolean;
  /**
   * Sends a command. False if there is no connection: after the next `attached` the worker
   * knows what the supervisor knows and repeats what is still wanted.
   */
  send(command: Exclude<SupervisorCommand, { kind: "attach" }>): boolean;
  /** Leaves the supervisor and its work running. */
  close(): void;
}

/**
 * Connects to the supervisor of `directory`, starting one if none runs, and attaches to it. Keeps
 * doing so whenever the connection is lost, until it is closed or refused, or has shut the supervisor down.
 */
export function openSupervisorClient(options: SupervisorClientOptions): SupervisorClient {
  return new Client(options);
}

class Client implements SupervisorClient {
  readonly #options: SupervisorClientOptions;
  readonly #path: string;
  #socket: Socket | null = null;
  /** Commands of this turn of the loop, which leave in one write. */
  #gathered: string[] = [];
  #connected = false;
  #closed = false;
  #retry: Timer | null = null;
  #delayMs = RECONNECT_INITIAL_MS;
  #starts = new StartCompactor();
  #shuttingDown = false;
  #launchedAtMs = Number.NEGATIVE_INFINITY;
  #launchedAnswered = false;
  /** Said once for each time that none answers. */
  #saidAbsent = false;

  constructor(options: SupervisorClientOptions) {
    this.#options = options;
    const directory = resolve(options.directory);
    mkdirSync(directory, { recursive: true, mode: 0o750 });
    this.#path = supervisorSocketPath(directory);
    this.#connect();
  }

  get connected(): boolean {
    return this.#connected;
  }

  send(command: SupervisorCommand): boolean {
    const socket = this.#socket;
    if (!this.#connected || socket === null) return false;
    if (socket.writableLength > FRAME_BYTES_MAX) {
      socket.destroy();
      return false;
    }
    if (command.kind === "shutdown") this.#shuttingDown = true;
    if (this.#gathered.length === 0) this.#options.runtime.timers.soon(() => this.#flush());
    this.#gathered.push(this.#starts.encode(command));
    return true;
  }

  close(): void {
    this.#closed = true;
    this.#retry?.clear();
    this.#flush();
    this.#socket?.end();
  }

  #flush(): void {
    const frames = this.#gathered;
    this.#gathered = [];
    if (frames.length > 0) this.#socket?.write(frames.join(""));
  }

  #connect(): void {
    const socket = connect(this.#path);
    this.#gathered = [];
    this.#starts = new StartCompactor();
    const frames = new FrameReader();
    this.#socket = socket;
    socket.on("connect", () => {
      this.#connected = true;
      this.#launchedAnswered = true;
      this.#saidAbsent = false;
      this.#delayMs = RECONNECT_INITIAL_MS;
      const { workerId, incarnation } = this.#options;
      this.send({ kind: "attach", version: supervisorProtocolVersion, workerId, incarnation });
    });
    socket.on("data", (chunk: Buffer) => this.#receive(socket, frames, chunk));
    socket.on("error", (error) => this.#onError(error));
    socket.on("close", () => this.#onClose());
  }

  #receive(socket: Socket, frames: FrameReader, chunk: Buffer): void {
    let values: readonly object[];
    try {
      values = frames.read(chunk);
    } catch (error) {
      this.#options.runtime.logger.error("The supervisor sent what is no report", { error });
      socket.destroy();
      return;
    }
    for (const value of values) {
      const report = value as SupervisorReport;
      // Attaching again would be refused again.
      if (report.kind === "attach-refused") this.#closed = true;
      if (report.kind === "shutdown-refused") this.#shuttingDown = false;
      this.#options.onReport(report);
    }
  }

  #onError(error: unknown): void {
    const { runtime, launch, directory } = this.#options;
    const code = error instanceof Error && "code" in error ? error.code : undefined;
    const absent = code === "ENOENT" || code === "ECONNREFUSED";
    if (!absent) {
      runtime.logger.warn("The connection to the supervisor failed", { error });
      return;
    }
    if (launch === null && !this.#saidAbsent) {
      runtime.logger.warn("No supervisor answers yet; this worker waits for one", {
        directory,
        socket: this.#path,
      });
    }
    this.#saidAbsent = true;
    const nowMs = runtime.clock.monotonicMs();
    const patienceMs = this.#launchedAnswered ? RELAUNCH_PAUSE_MS : LAUNCH_PATIENCE_MS;
    if (launch === null || this.#closed || nowMs - this.#launchedAtMs < patienceMs) return;
    this.#launchedAtMs = nowMs;
    this.#launchedAnswered = false;
    try {
      launchSupervisor(resolve(directory), this.#path, launch ?? {}, (message) =>
        runtime.logger.error(message),
      );
    } catch (launchError) {
      const failure = toAlohaError(launchError);
      runtime.logger.error("The supervisor could not be started", {
        error: new AlohaError("internal", failure.message, { cause: launchError }),
      });
    }
  }

  #onClose(): void {
    const wasConnected = this.#connected;
    this.#connected = false;
    this.#socket = null;
    if (wasConnected) this.#options.onDisconnected?.();
    // It ended as it was told to; another one would be in the way.
    if (this.#closed || this.#shuttingDown) return;
    this.#retry = this.#options.runtime.timers.after(this.#delayMs, () => this.#connect());
    this.#delayMs = Math.min(RECONNECT_MAX_MS, this.#delayMs * 1.5);
  }
}
