import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { AlohaError } from "@aloha/core";
import { acquireFileLock, createNodeRuntime, currentBootId } from "@aloha/runtime/node";
import { detectContainment, type ContainmentMode } from "./containment/detect-containment.ts";
import { endFormerRoot } from "./containment/former-root.ts";
import { createSupervisorState, type SupervisorLimits } from "./core/index.ts";
import { FifoPool } from "./spawn/node/fifo-pool.ts";
import { Guardian } from "./guardian/guardian.ts";
import { JournalWriter } from "./journal-writer.ts";
import { SegmentCompressor } from "./output/segment-compressor.ts";
import { NodeSpawner } from "./spawn/node/node-spawner.ts";
import { CommandServer } from "./socket/command-server.ts";
import { volatilePrefix } from "./socket/socket-path.ts";
import { Supervisor, type SupervisorParts } from "./supervisor.ts";
import { supervisorLog } from "./supervisor-log.ts";
import { watchDirectory } from "./watch-directory.ts";

/** What the command line says. */
export interface SupervisorOptions {
  /** State: journal, log, lock. One supervisor each. */
  readonly directory: string;
  readonly socketPath: string;
  readonly containment: ContainmentMode;
  readonly cgroupRoot: string | null;
  /** Whether memory and CPU are limited where the host allows it. */
  readonly resourceLimits: boolean;
  readonly limits: SupervisorLimits;
}

/** Starts the supervisor of this process, which ends when it is told to. Rejects with AlohaError if it cannot start. */
export async function startSupervisor(options: SupervisorOptions): Promise<void> {
  await mkdir(options.directory, { recursive: true, mode: 0o750 });
  const logger = supervisorLog(join(options.directory, "supervisor.log"));
  const runtime = createNodeRuntime({ logger });
  endOnDefect(runtime.logger);
  const lockPath = join(options.directory, "supervisor.lock");
  const locked = await acquireFileLock(lockPath, {
    purpose: "aloha supervisor",
    address: options.socketPath,
  });
  if (locked.kind === "held") throw new AlohaError("conflict", locked.message);

  const prefix = volatilePrefix(options.socketPath);
  const containment = detectContainment({
    directory: options.directory,
    mode: options.containment,
    cgroupRoot: options.cgroupRoot,
    limits: options.resourceLimits,
    timers: runtime.timers,
  });
  const state = createSupervisorState({
    bootId: currentBootId(),
    containment: containment.kind,
    limits: options.limits,
  });
  const supervisor = new Supervisor(() => parts);
  const { writer, entries, tornBytes } = await JournalWriter.open({
    path: join(options.directory, "supervisor.journal"),
    timers: runtime.timers,
    snapshot: () => supervisor.snapshot(),
    onDurable: (sequence) => supervisor.durable(sequence),
    onFailed: (message) => supervisor.feed({ kind: "journal-failed", message }),
  });
  const guardian = new Guardian({
    runtime,
    containment,
    prefix,
    table: () => supervisor.guardTable(),
    onEvent: (event, message) => supervisor.feed({ kind: "guardian", event, message }),
    onReplaced: (message) => logger.warn(message, { code: "guardian-replaced" }),
  });
  const server = new CommandServer({
    path: options.socketPath,
    logger,
    onCommand: (connection, command) => supervisor.feed({ kind: "command", connection, command }),
    onDisconnected: (connection) => supervisor.feed({ kind: "disconnected", connection }),
  });
  const spawner = new NodeSpawner(
    {
      containment,
      guardian,
      fifos: new FifoPool(`${prefix}.fifos`, logger),
      compressor: new SegmentCompressor(logger),
      timers: runtime.timers,
      wallMs: () => runtime.clock.wallMs(),
      events: {
        onInput: (input) => supervisor.feed(input),
        onAlert: (code, message) => supervisor.alert(code, message),
      },
    },
    "there is no other",
  );
  const parts: SupervisorParts = {
    runtime,
    state,
    containment,
    journal: writer,
    spawner,
    server,
    exit: (reason) => {
      logger.info("The supervisor ends", { reason });
      server.close();
      spawner.close();
      containment.close();
      writer.close().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    },
  };

  const takeover = spawner.begin();
  await endFormerRoot(options.directory, containment, runtime);
  containment.killLeftovers();
  supervisor.begin(entries, takeover);
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
    process.on(signal, () => supervisor.feed({ kind: "stop-requested" }));
  }
  // What is recorded from then on is lost with this process, and whoever starts anew in that place has to get it.
  watchDirectory(lockPath, runtime.timers, () => {
    throw new Error(`the directory ${options.directory} was removed under the supervisor`);
  });
  await server.listen();
  logger.info("The supervisor is ready", {
    socket: options.socketPath,
    containment: containment.description,
    tornBytes,
    pid: process.pid,
  });
}

/** A defect leaves the state in doubt: the guardian kills the trees, the next supervisor says so. */
function endOnDefect(logger: ReturnType<typeof supervisorLog>): void {
  const end = (error: unknown): void => {
    logger.error("The supervisor ends because of a defect", { error });
    process.exit(70);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
