import { AlohaError } from "@aloha/core";
import type { HostedStart, StartSpec, SupervisorCommand } from "@aloha/core";
import { encodeFrame } from "./frames.ts";

type Start = Extract<SupervisorCommand, { kind: "start" }>;

/** Pools that one connection remembers; starts of further ones are sent as they are. */
const POOLS_MAX = 1_000;

/** What starts of one pool have in common: the worker names a pool after it. */
type Common = Pick<
  StartSpec,
  "argv" | "workingDirectory" | "environment" | "outputDirectory" | "openFilesMax" | "account"
>;
type Own = Omit<StartSpec, keyof Common>;

/** Before the first start of a pool on a connection. */
interface CommonFrame {
  readonly kind: "common";
  readonly pool: string;
  readonly common: Common;
}

/** A start whose spec lacks what its pool has in common. */
interface CompactStart extends Omit<Start, "spec"> {
  readonly own: Own & { readonly hosted: HostedStart };
}

/**
 * The sender's half of one connection: thousands of attempts a second share hosts, and their
 * environment is most of what would be written and read for each of them.
 */
export class StartCompactor {
  readonly #told = new Set<string>();

  /** The lines that say `command` on this connection. */
  encode(command: SupervisorCommand): string {
    if (command.kind !== "start" || command.spec.hosted === null) return encodeFrame(command);
    const { spec, attempt, stamp, leaseMs, authority } = command;
    const { pool } = command.spec.hosted;
    const isTold = this.#told.has(pool);
    if (!isTold && this.#told.size >= POOLS_MAX) return encodeFrame(command);
    const { argv, workingDirectory, environment, outputDirectory, openFilesMax, account, ...own } =
      spec;
    const start = encodeFrame({ kind: "start", attempt, own, stamp, leaseMs, authority });
    if (isTold) return start;
    this.#told.add(pool);
    const common: Common = {
      argv,
      workingDirectory,
      environment,
      outputDirectory,
      openFilesMax,
      account,
    };
    return encodeFrame({ kind: "common", pool, common } satisfies CommonFrame) + start;
  }
}

/** The receiver's half. What it gives is still to be checked by form. */
export class StartExpander {
  readonly #pools = new Map<string, Common>();

  /** The command that a line holds; null if it only said what later ones have in common. Throws AlohaError for a pool that was never told. */
  expand(value: object): object | null {
    if (isCommon(value)) {
      if (this.#pools.size < POOLS_MAX) this.#pools.set(value.pool, value.common);
      return null;
    }
    if (!isCompact(value)) return value;
    const { own, attempt, stamp, leaseMs, authority } = value;
    const common = this.#pools.get(own.hosted.pool);
    if (common === undefined) {
      throw new AlohaError(
        "invalid-argument",
        `The start of ${attempt} leaves out what its pool has in common, which was never said.`,
      );
    }
    return { kind: "start", attempt, spec: join(common, own), stamp, leaseMs, authority };
  }
}

/** Named one by one: spreads of what was parsed cost more than the parsing. */
function join(common: Common, own: Own): StartSpec {
  return {
    argv: common.argv,
    workingDirectory: common.workingDirectory,
    environment: common.environment,
    outputDirectory: common.outputDirectory,
    logs: own.logs,
    stop: own.stop,
    onDisconnect: own.onDisconnect,
    timeLimitMs: own.timeLimitMs,
    openFilesMax: common.openFilesMax,
    account: common.account,
    milliCores: own.milliCores,
    memoryMiB: own.memoryMiB,
    messagePath: own.messagePath,
    hosted: own.hosted,
  };
}

function isCommon(value: object): value is CommonFrame {
  return "kind" in value && value.kind === "common" && "pool" in value && "common" in value;
}

function isCompact(value: object): value is CompactStart {
  if (!("own" in value)) return false;
  const { own } = value;
  const hosted = typeof own === "object" && own !== null && "hosted" in own ? own.hosted : null;
  return typeof hosted === "object" && hosted !== null && "pool" in hosted;
}
