import {
  AlohaError,
  createWorker,
  defaultLogPolicy,
  foldWorkerJournal,
  noResources,
  toWorkerJournalEntry,
  workerEndpointName,
  workerLimits,
} from "@aloha/core";
import type {
  HostAndPort,
  LogPolicy,
  Resources,
  WorkerJournalEntry,
  WorkerLimits,
} from "@aloha/core";
import { RpcEnv, sharedSecret, tcpTransport, type RpcLimits, type Transport } from "@aloha/rpc";
import type { AppendLog, Runtime } from "@aloha/runtime";
import { advertisedHost, findPortOccupant, openAppendLog } from "@aloha/runtime/node";
import { openSupervisorClient } from "@aloha/supervisor";
import type { Accounts } from "./account/accounts.ts";
import { openAccounts } from "./account/open-accounts.ts";
import type { HostMeans } from "./find-means.ts";
import type { WorkerEnvironment } from "./command-environment.ts";
import { logEndpoint } from "./logs/log-endpoint.ts";
import type { PrepareOptions } from "./prepare-command.ts";
import { SharedHosts } from "./types/shared-host.ts";
import { MasterClient } from "./master-client.ts";
import { workerProtocol } from "./protocols.ts";
import { readOpenFilesLimits } from "./resources/open-files.ts";
import { hostResources } from "./resources/host-resources.ts";
import { WorkerShell, type WorkerExit } from "./worker-shell.ts";
import { readHostId } from "./work-directory/host-id.ts";
import { openWorkDirectory, type WorkDirectory } from "./work-directory/open-work-directory.ts";
import type { CleanupPolicy } from "./work-directory/choose-removals.ts";
import { scheduleCleanup } from "./work-directory/schedule-cleanup.ts";
import { raiseIncarnation } from "./work-directory/worker-identity.ts";

export interface WorkerStartOptions {
  readonly runtime: Runtime;
  /** Where the worker listens: masters read the output of applications there. Port 0 takes a free one. */
  readonly listen: HostAndPort;
  /** The host that masters are told to connect to; by default `listen.host`, or an address of this host where that is a wildcard. */
  readonly advertisedHost?: string;
  /** Thousandths of cores to offer; null: all that this process may use. */
  readonly milliCores: number | null;
  /** Memory to offer; null: that of the host or container less 1 GiB. */
  readonly memoryMiB: number | null;
  /** Counted extras to offer; none unless told otherwise. */
  readonly resources?: Resources;
  /** Names and values to find it by; none unless told otherwise. */
  readonly labels?: Readonly<Record<string, string>>;
  readonly workDirectory: string;
  /** `host:port` of the masters; those that a leader names are remembered. */
  readonly masters: readonly string[];
  /** aloha.network.trustRefusal */
  readonly trustRefusal: boolean;
  /** How output is rolled where a description does not say; `defaultLogPolicy` unless told otherwise. */
  readonly logs?: LogPolicy;
  readonly softwareVersion: string;
  /** The variables that applications may get from this worker. */
  readonly environment: WorkerEnvironment;
  /** Absolute directories outside of which no code of applications is loaded; without: anywhere. */
  readonly codeRoots?: readonly string[];
  /** The account of applications that name none, where this process is root; null or absent: its own. */
  readonly defaultUser?: string | null;
  /** The `aloha.x.*` settings, which applications that are code are told. */
  readonly extensions?: Readonly<Record<string, string>>;
  /** When directories of old applications are removed; null: never. */
  readonly cleanup: CleanupPolicy | null;
  /** TCP, unless told otherwise. */
  readonly transport?: Transport;
  /** What masters and this worker prove to each other that they know (32 bytes at least); without it anybody may connect. */
  readonly secret?: Uint8Array;
  /** Bounds of the connections with masters. */
  readonly network?: Partial<RpcLimits>;
  readonly limits?: Partial<WorkerLimits>;
  /** Further arguments for a supervisor that has to be started. */
  readonly supervisorArguments?: readonly string[];
  /** Whether one is started where none answers; true unless told otherwise. */
  readonly launchSupervisor?: boolean;
}

/** A worker of this process. */
export interface RunningWorker {
  readonly workerId: string;
  readonly address: HostAndPort;
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly workDirectory: string;
  /** Settles once the worker has ended and everything is closed. Never rejects. */
  readonly ended: Promise<WorkerExit>;
  /**
   * Stops in order. Work runs on under the supervisor, under a maintenance lease, unless
   * `stopWork`. Asked twice, the worker leaves at once.
   */
  stop(options: { readonly stopWork: boolean }): Promise<WorkerExit>;
}

/**
 * Starts a worker. It resolves as soon as the worker listens; that no master is there is no
 * failure. Rejects with AlohaError, whose message says what to do, if it cannot start: work
 * directory not usable or taken, journal or identity unreadable, port in use.
 */
export async function startWorker(options: WorkerStartOptions): Promise<RunningWorker> {
  const directory = await openWorkDirectory(options.workDirectory);
  try {
    return await startIn(directory, options);
  } catch (error) {
    await directory.lock.release();
    throw error;
  }
}

async function startIn(
  directory: WorkDirectory,
  options: WorkerStartOptions,
): Promise<RunningWorker> {
  const { runtime } = options;
  const opened = await openAppendLog<WorkerJournalEntry>(directory.journalPath, {
    format: { name: "aloha-worker-journal", version: 1 },
    decode: toWorkerJournalEntry,
  });
  let rpc: RpcEnv | undefined;
  try {
    rpc = await listen(options);
    const identity = await raiseIncarnation(directory.identityPath, await readHostId(), runtime);
    if (opened.tornBytes > 0) {
      runtime.logger.warn("The end of the worker's journal was torn by a crash and was cut off", {
        bytes: opened.tornBytes,
      });
    }
    const resources = {
      milliCores: options.milliCores ?? hostResources().milliCores,
      memoryMiB: options.memoryMiB ?? hostResources().memoryMiB,
    };
    const accounts = await openAccounts(identity.workerId, options.defaultUser ?? null, runtime);
    return run(directory, options, {
      rpc,
      accounts,
      journal: opened.log,
      entries: opened.entries,
      identity,
      resources,
    });
  } catch (error) {
    await rpc?.stop();
    await opened.log.close();
    throw error;
  }
}

interface WorkerParts {
  readonly rpc: RpcEnv;
  readonly accounts: Accounts;
  readonly journal: AppendLog<WorkerJournalEntry>;
  readonly entries: readonly WorkerJournalEntry[];
  readonly identity: {
    readonly workerId: string;
    readonly hostId: string;
    readonly incarnation: number;
  };
  readonly resources: { readonly milliCores: number; readonly memoryMiB: number };
}

function run(
  directory: WorkDirectory,
  options: WorkerStartOptions,
  { rpc, accounts, journal, entries, identity, resources }: WorkerParts,
): RunningWorker {
  const { runtime } = options;
  const { workerId, incarnation } = identity;
  const address = rpc.address ?? options.listen;
  const shell = new WorkerShell({
    runtime,
    journal,
    masters: new MasterClient(rpc),
    prepare: prepareOptions(directory, workerId, accounts, options),
    state: createWorker({
      identity: {
        ...identity,
        ...resources,
        resources: options.resources ?? noResources,
        labels: options.labels ?? {},
        address,
        softwareVersion: options.softwareVersion,
      },
      limits: { ...workerLimits, ...options.limits },
      random: runtime.random,
      seeds: options.masters,
      trustRefusal: options.trustRefusal,
      logs: options.logs ?? defaultLogPolicy,
      journalled: foldWorkerJournal(entries),
    }),
    attach: (onReport, onDisconnected) =>
      openSupervisorClient({
        runtime,
        directory: directory.supervisorPath,
        workerId,
        incarnation,
        onReport(report) {
          if (report.kind === "attached") {
            const { spawner = "unknown", containment } = report;
            runtime.logger.info("The supervisor is attached", { spawner, containment });
          }
          onReport(report);
        },
        onDisconnected,
        launch:
          options.launchSupervisor === false
            ? null
            : { arguments: options.supervisorArguments ?? [] },
      }),
  });
  rpc.register(
    workerEndpointName,
    workerProtocol,
    logEndpoint({
      workPath: directory.path,
      timers: runtime.timers,
      clock: runtime.clock,
      logger: runtime.logger,
      isLive: (attempt) => shell.isLive(attempt),
    }),
  );
  shell.feed({ kind: "begin" });
  const cleanup =
    options.cleanup &&
    scheduleCleanup({
      workPath: directory.path,
      policy: options.cleanup,
      runtime,
      knowsAttempts: () => shell.isSupervised,
      held: () => shell.heldApplications(),
    });
  const ended = shell.ended.then((exit) => {
    cleanup?.clear();
    return close(exit, directory, rpc, journal, runtime);
  });
  return {
    workerId,
    address,
    ...resources,
    workDirectory: directory.path,
    ended,
    stop({ stopWork }) {
      shell.feed({ kind: "stop", stopWork });
      return ended;
    },
  };
}

function prepareOptions(
  { path: workPath }: WorkDirectory,
  workerId: string,
  accounts: Accounts,
  options: WorkerStartOptions,
): PrepareOptions {
  const common = {
    workPath,
    workerId,
    // A copy: reading process.env asks the C library for every single variable.
    environment: { ...options.environment },
    code: { roots: options.codeRoots ?? ["/"], conf: options.extensions ?? {} },
  };
  const { clock } = options.runtime;
  const means: HostMeans = {
    accounts,
    openFiles: readOpenFilesLimits(),
    libsRoots: common.code.roots,
  };
  const logs = options.logs ?? defaultLogPolicy;
  return { ...common, means, sharedHosts: new SharedHosts({ ...common, means, logs, clock }) };
}

/**
 * The state machine paces what is asked; a pause of the connection on top of that would turn the
 * refusal that a denial round needs into a timeout.
 */
const reconnectDelayMaxMs = 40;

async function listen(options: WorkerStartOptions): Promise<RpcEnv> {
  const { runtime, secret } = options;
  try {
    return await RpcEnv.start({
      name: workerEndpointName,
      runtime,
      transport: options.transport ?? tcpTransport(),
      limits: { ...options.network, reconnectDelayMaxMs },
      listen: options.listen,
      advertisedHost: options.advertisedHost ?? advertisedHost(options.listen.host),
      ...(secret === undefined ? {} : { security: sharedSecret(secret) }),
    });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    const occupant = findPortOccupant(options.listen.port);
    const who =
      occupant === undefined
        ? ""
        : ` Port ${options.listen.port} is in use by pid ${occupant.pid} (${occupant.command}).`;
    throw new AlohaError(
      "conflict",
      `The worker cannot listen: ${reason}${who} Choose another port with --port, or 0 for a free one.`,
      { cause: error },
    );
  }
}

/** Everything that was journalled is on disk before the lock is given up. */
async function close(
  exit: WorkerExit,
  directory: WorkDirectory,
  rpc: RpcEnv,
  journal: AppendLog<WorkerJournalEntry>,
  { logger }: Runtime,
): Promise<WorkerExit> {
  const closing = await Promise.allSettled([rpc.stop(), journal.close()]);
  const released = await Promise.allSettled([directory.lock.release()]);
  for (const result of [...closing, ...released]) {
    if (result.status === "rejected") {
      logger.warn("The worker did not close in order", { error: result.reason });
    }
  }
  return exit;
}
