import { defaultMasterSettings, masterEndpointName } from "@aloha/core";
import type { MasterSettings } from "@aloha/core";
import {
  formatRpcAddress,
  RpcEnv,
  sharedSecret,
  tcpTransport,
  type RpcAddress,
  type RpcLimits,
} from "@aloha/rpc";
import type { Runtime } from "@aloha/runtime";
import { AlohaConf } from "@aloha/sdk";
import { advertisedHost } from "@aloha/runtime/node";
import type { ElectionAgent } from "./election/agent.ts";
import { singleElection } from "./election/single.ts";
import { masterEndpoint, masterProtocol } from "./endpoint.ts";
import { listenError } from "./listen-error.ts";
import { Listeners } from "./listeners/listeners.ts";
import { defaultListenerSettings, type ListenerSettings } from "./listeners/listener-settings.ts";
import { Master, type MasterEnd, type MasterPhase } from "./master.ts";
import type { ModuleDirectories } from "./modules/import-module.ts";
import { CustomRecovery } from "./persistence/custom/custom-recovery.ts";
import type { RecoveryModeContext } from "./persistence/custom/recovery-mode-factory.ts";
import { openRecovery, type RecoveryMode } from "./persistence/open-recovery.ts";
import type { Retention } from "./persistence/engine.ts";
import type { PipelineLimits } from "./pipeline.ts";
import type { accessGuard as AccessGuardOf } from "./rest/access/guard-access.ts";
import type { RestAccess } from "./rest/access/rest-access.ts";
import type { RestServer, startRestServer as StartRestServer } from "./rest/rest-server.ts";
import { WorkerLogs } from "./rest/worker-logs.ts";

export interface StartMasterOptions {
  /** Where workers connect. */
  readonly host: string;
  /** The host that workers are told to connect to; by default `host`, or an address of this host where that is a wildcard. */
  readonly advertisedHost?: string;
  /** What workers and this master prove to each other that they know (32 bytes at least); without it anybody may connect. */
  readonly secret?: Uint8Array;
  /** Who may use HTTP; without it anybody may. */
  readonly access?: RestAccess;
  /** 0 takes a free one. */
  readonly port: number;
  /** Null: no HTTP. */
  readonly rest: { readonly host: string; readonly port: number } | null;
  readonly recoveryMode: RecoveryMode;
  /** For FILESYSTEM. */
  readonly recoveryDirectory?: string;
  /** For CUSTOM: a module, `path-or-package#Export`. */
  readonly recoveryFactory?: string;
  /** `aloha.x.*`: for what extends the master. */
  readonly extensionSettings?: ReadonlyMap<string, string>;
  readonly runtime: Runtime;
  readonly softwareVersion: string;
  /** Bounds of the connections with workers. */
  readonly network?: Partial<RpcLimits>;
  readonly settings?: Partial<MasterSettings>;
  readonly retention?: Partial<Retention>;
  /** `aloha.extraListeners`: modules, each `path-or-package#Export`. */
  readonly extraListeners?: readonly string[];
  readonly listeners?: Partial<ListenerSettings>;
  /** Where modules are looked for: the working directory unless told otherwise. */
  readonly moduleDirectories?: ModuleDirectories;
  /** How much may wait to be decided and to be written. */
  readonly limits?: Partial<PipelineLimits>;
  /** How a leader is found; alone unless told otherwise. */
  readonly election?: ElectionAgent;
}

export interface RunningMaster {
  readonly phase: MasterPhase;
  /** Where workers connect, with the real port. */
  readonly address: RpcAddress;
  /** Where HTTP is served, with the real port; null without HTTP. */
  readonly restAddress: { readonly host: string; readonly port: number } | null;
  /** Settles when it has stopped, or leads no more because its store failed or another master took over: it then has to be stopped. */
  readonly ended: Promise<MasterEnd>;
  /** Ends leadership in order, then everything else. May be called more than once. */
  stop(): Promise<void>;
}

const dayMs = 86_400_000;

/** What is kept of applications that have ended. */
export const defaultRetention: Retention = {
  applicationsMax: 100_000,
  successesMs: 7 * dayMs,
  failuresMs: 30 * dayMs,
};

/**
 * Starts a master: it listens, seeks election, and leads if it is elected. Resolves once it leads (or waits
 * in STANDBY). Rejects with an AlohaError that says what to do: a port that is taken and by whom, a listener that cannot
 * be loaded, a store that another master has, that is damaged, or that a newer version wrote. Nothing is left running then.
 */
export async function startMaster(options: StartMasterOptions): Promise<RunningMaster> {
  const { runtime } = options;
  const custom = await loadCustomRecovery(options);
  const http = await loadModules(options);
  const rpc = await listenForWorkers(options);
  const address = rpc.address!;
  const context: RecoveryModeContext = {
    address: formatRpcAddress(address),
    conf: new AlohaConf(extensionsOf(options)),
    home: directoriesOf(options).home,
    logger: runtime.logger,
  };
  const recovery = openRecovery({
    mode: options.recoveryMode,
    directory: options.recoveryDirectory,
    custom: custom === null ? undefined : () => custom.openEngine(context),
    address: formatRpcAddress(address),
    runtime,
    settings: {
      ...defaultMasterSettings,
      masters: [formatRpcAddress(address)],
      ...options.settings,
    },
    retention: { ...defaultRetention, ...options.retention },
    limits: options.limits ?? {},
  });
  let listeners: Listeners | undefined;
  const master = new Master({
    election: options.election ?? custom?.election(context) ?? singleElection(),
    lead: async (lost) => {
      const leadership = await recovery.lead(lost);
      listeners?.lead(leadership);
      return leadership;
    },
    leave: async () => {
      // What they have handled goes into the store.
      await listeners?.close();
      await recovery.leave();
    },
    logger: runtime.logger,
  });
  // Whoever leads now runs listeners of its own.
  void master.ended.then((end) => {
    if (end.kind === "failed") listeners?.kill();
  });
  const stopping = new AbortController();
  let rest: RestServer | null = null;
  const stopAll = async (): Promise<void> => {
    await master.stop();
    stopping.abort();
    await rest?.close();
    await rpc.stop();
  };
  try {
    rpc.register(masterEndpointName, masterProtocol, masterEndpoint(master, runtime.logger));
    listeners = await loadListeners(options);
    rest =
      http === null || options.rest === null
        ? null
        : await http.startRestServer({
            ...options.rest,
            context: {
              standing: master,
              listeners,
              guard: options.access === undefined ? null : http.accessGuard(options.access),
              logs: new WorkerLogs(rpc, options.network?.askTimeoutMs),
              runtime,
              logger: runtime.logger,
              softwareVersion: options.softwareVersion,
              stopping: stopping.signal,
            },
          });
    await master.start();
  } catch (thrown) {
    await stopAll();
    throw thrown;
  }
  let stopped: Promise<void> | undefined;
  return {
    get phase() {
      return master.phase;
    },
    address,
    restAddress: rest?.address ?? null,
    ended: master.ended,
    stop: () => (stopped ??= stopAll()),
  };
}

async function listenForWorkers(options: StartMasterOptions): Promise<RpcEnv> {
  try {
    return await RpcEnv.start({
      name: "aloha-master",
      runtime: options.runtime,
      transport: tcpTransport(),
      listen: { host: options.host, port: options.port },
      advertisedHost: options.advertisedHost ?? advertisedHost(options.host),
      ...(options.secret === undefined ? {} : { security: sharedSecret(options.secret) }),
      limits: options.network ?? {},
    });
  } catch (thrown) {
    throw listenError(thrown, options, "workers", "aloha.master.port");
  }
}

function directoriesOf({ moduleDirectories }: StartMasterOptions): ModuleDirectories {
  return moduleDirectories ?? { workingDirectory: process.cwd(), home: process.cwd() };
}

function extensionsOf({ extensionSettings }: StartMasterOptions): Readonly<Record<string, string>> {
  return Object.fromEntries(extensionSettings ?? []);
}

async function loadCustomRecovery(options: StartMasterOptions): Promise<CustomRecovery | null> {
  if (options.recoveryMode !== "CUSTOM") return null;
  return CustomRecovery.load({
    factory: options.recoveryFactory,
    directories: directoriesOf(options),
    timers: options.runtime.timers,
  });
}

function loadListeners(options: StartMasterOptions): Promise<Listeners> {
  return Listeners.load({
    modules: options.extraListeners ?? [],
    directories: directoriesOf(options),
    settings: { ...defaultListenerSettings, ...options.listeners },
    extensions: extensionsOf(options),
    runtime: options.runtime,
  });
}

/** What HTTP takes, if there is to be any. */
interface HttpModules {
  readonly startRestServer: typeof StartRestServer;
  readonly accessGuard: typeof AccessGuardOf;
}

/**
 * Loads what the options ask for and gives what HTTP takes; nobody pays for the rest. It is done before anything listens: to
 * workers a process that is busy loading is silent, which costs leases, where a refused connection proves that nobody leads.
 */
async function loadModules(options: StartMasterOptions): Promise<HttpModules | null> {
  if (options.recoveryMode === "FILESYSTEM")
    await import("./persistence/file-system/open-store.ts");
  if (options.rest === null) return null;
  const [{ startRestServer }, { accessGuard }] = await Promise.all([
    import("./rest/rest-server.ts"),
    import("./rest/access/guard-access.ts"),
  ]);
  return { startRestServer, accessGuard };
}
