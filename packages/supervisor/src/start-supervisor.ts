import { mkdir } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AlohaError } from "@aloha/core";
import { acquireFileLock, createNodeRuntime, currentBootId } from "@aloha/runtime/node";
import { detectContainment, type ContainmentMode } from "./containment/detect-containment.ts";
import { endFormerRoot, readFormerRoot } from "./containment/former-root.ts";
import { createSupervisorState, type SupervisorLimits } from "./core/index.ts";
import { JournalWriter } from "./journal-writer.ts";
import type { AgentLink } from "./spawn/agent/agent-link.ts";
import { chooseAgent, type SpawnerMode } from "./spawn/choose-agent.ts";
import { createSpawner } from "./spawn/create-spawner.ts";
import { liveMaxOfSystem } from "./spawn/live-max.ts";
import type { SpawnerKind } from "./spawn/spawner.ts";
import { CommandServer } from "./socket/command-server.ts";
import { HostServer } from "./socket/host-server.ts";
import { agentSocketPath, hostSocketPath, volatilePrefix } from "./socket/socket-path.ts";
import { Supervisor, type SupervisorParts } from "./supervisor.ts";
import { supervisorLog } from "./supervisor-log.ts";
import { watchDirectory } from "./watch-directory.ts";

const AGENT_SPAWNS_PER_TURN = 64;

/** What the command line says. */
export interface SupervisorOptions {
  /** State: journal, log, lock. One supervisor each. */
  readonly directory: string;
  readonly socketPath: string;
  readonly containment: ContainmentMode;
  readonly cgroupRoot: string | null;
  readonly spawner: SpawnerMode;
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

  const agentPlace = {
    runtime,
    directory: options.directory,
    socketPath: agentSocketPath(options.socketPath),
  };
  const agent = await chooseAgent(options.spawner, agentPlace);
  const containment = detectContainment({
    directory: options.directory,
    mode: options.containment,
    cgroupRoot: options.cgroupRoot,
    limits: options.resourceLimits,
    timers: runtime.timers,
    ...(agent.kind === "agent" ? rootOfHeld(options.directory, agent.link) : {}),
  });
  const hostSockets = hostSocketPath(options.socketPath, runtime.random.hex(8));
  const state = createSupervisorState({
    bootId: currentBootId(),
    containment: containment.kind,
    limits: limitsFor(agent.kind === "agent" ? "agent" : "node", options.limits),
    hostSocketPath: hostSockets,
  });
  const supervisor = new Supervisor(() => parts);
  const { writer, entries, tornBytes } = await JournalWriter.open({
    path: join(options.directory, "supervisor.journal"),
    timers: runtime.timers,
    snapshot: () => supervisor.snapshot(),
    onDurable: (sequence) => supervisor.durable(sequence),
    onFailed: (message) => supervisor.feed({ kind: "journal-failed", message }),
  });
  const server = new CommandServer({
    path: options.socketPath,
    logger,
    onCommand: (connection, command) => supervisor.feed({ kind: "command", connection, command }),
    onDisconnected: (connection) => supervisor.feed({ kind: "disconnected", connection }),
  });
  const hosts = new HostServer({
    path: hostSockets,
    logger,
    onReports: (host, reports) => supervisor.feed({ kind: "host-reports", host, reports }),
    onDisconnected: (host) => supervisor.feed({ kind: "host-disconnected", host }),
  });
  const spawner = createSpawner(agent, {
    runtime,
    logger,
    containment,
    agentPlace,
    prefix: volatilePrefix(options.socketPath),
    table: () => supervisor.guardTable(),
    events: {
      onInput: (input) => supervisor.feed(input),
      onAlert: (code, message) => supervisor.alert(code, message),
    },
  });
  const parts: SupervisorParts = {
    runtime,
    state,
    containment,
    journal: writer,
    spawner,
    server,
    hosts,
    exit: (reason, leavesWork) => {
      logger.info("The supervisor ends", { reason });
      server.close();
      hosts.close();
      spawner.close(leavesWork);
      if (!leavesWork) containment.close();
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
    process.on(signal, () =>
      supervisor.feed({ kind: "stop-requested", workIsKept: spawner.kind === "agent" }),
    );
  }
  // What is recorded from then on is lost with this process, and whoever starts anew in that place has to get it.
  watchDirectory(lockPath, runtime.timers, () => {
    throw new Error(`the directory ${options.directory} was removed under the supervisor`);
  });
  await hosts.listen();
  await server.listen();
  logger.info("The supervisor is ready", {
    socket: options.socketPath,
    containment: containment.description,
    spawner: spawner.description,
    tornBytes,
    pid: process.pid,
  });
}

/** Trees that are held stay where they are, wherever this process would hold others. */
function rootOfHeld(
  directory: string,
  { held }: AgentLink,
): { readonly mode: ContainmentMode; readonly cgroupRoot: string | null } | null {
  if (held.length === 0) return null;
  const former = readFormerRoot(directory);
  if (former === null) return { mode: "group", cgroupRoot: null };
  return { mode: former.mechanism, cgroupRoot: dirname(former.root) };
}

/** What an agent starts costs this process next to nothing, so that it need not look at the clock as often in between. */
function limitsFor(kind: SpawnerKind, limits: SupervisorLimits): SupervisorLimits {
  const liveMax = Math.min(limits.liveMax, liveMaxOfSystem(kind));
  const spawnsPerTurnMax = kind === "agent" ? AGENT_SPAWNS_PER_TURN : limits.spawnsPerTurnMax;
  return { ...limits, liveMax, spawnsPerTurnMax };
}

/** A defect leaves the state in doubt: the next supervisor begins with what is on disk, and what an agent holds. */
function endOnDefect(logger: ReturnType<typeof supervisorLog>): void {
  const end = (error: unknown): void => {
    logger.error("The supervisor ends because of a defect", { error });
    process.exit(70);
  };
  process.on("uncaughtException", end);
  process.on("unhandledRejection", end);
}
