import { readFile } from "node:fs/promises";
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Clock, Random } from "@aloha/runtime";
import { errorCode, writeFileDurably } from "@aloha/runtime/node";

/** Who a work directory says that its worker is. */
export interface StoredIdentity {
  readonly workerId: string;
  /** The host on which the worker was made. */
  readonly hostId: string;
  /** How often a worker was started here. */
  readonly incarnation: number;
}

/**
 * The identity in the file at `path`, made if there is none, with its incarnation raised; durable
 * when this resolves. The caller holds the lock of the work directory. Rejects with AlohaError
 * `store-corrupt` for a file that cannot be understood, `conflict` if it was made on another host,
 * `refused` if it cannot be written.
 */
export async function raiseIncarnation(
  path: string,
  hostId: string,
  sources: { readonly clock: Clock; readonly random: Random },
): Promise<StoredIdentity> {
  const stored = await readIdentity(path);
  if (stored !== undefined && stored.hostId !== hostId) {
    throw new AlohaError(
      "conflict",
      `${path} belongs to worker ${stored.workerId} on another host (${stored.hostId}; this one is ${hostId}). If the work directory was copied, delete the .aloha directory in it; if the host was renamed on purpose, set hostId in that file.`,
    );
  }
  const identity: StoredIdentity = {
    workerId: stored?.workerId ?? newWorkerId(sources),
    hostId,
    incarnation: (stored?.incarnation ?? 0) + 1,
  };
  await writeIdentity(path, identity);
  return identity;
}

async function writeIdentity(path: string, identity: StoredIdentity): Promise<void> {
  try {
    await writeFileDurably(path, `${JSON.stringify({ version: 1, ...identity }, null, 2)}\n`);
  } catch (error) {
    const { message } = toAlohaError(error);
    throw new AlohaError(
      "refused",
      `The worker cannot start, since ${path} cannot be written: ${message}. See to the disk and its free space, then start it again; what runs here goes on under the supervisor.`,
      { cause: error },
    );
  }
}

async function readIdentity(path: string): Promise<StoredIdentity | undefined> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
  const value = parse(text);
  if (isIdentity(value)) return value;
  throw new AlohaError(
    "store-corrupt",
    `${path} does not say who this worker is. Restore it, or delete it to make a new worker once nothing runs under the old one.`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isIdentity(value: unknown): value is StoredIdentity {
  return (
    typeof value === "object" &&
    value !== null &&
    "version" in value &&
    value.version === 1 &&
    "workerId" in value &&
    typeof value.workerId === "string" &&
    /^worker-[!-~]{1,100}$/.test(value.workerId) &&
    "hostId" in value &&
    typeof value.hostId === "string" &&
    "incarnation" in value &&
    Number.isSafeInteger(value.incarnation)
  );
}

/** `worker-<yyyyMMddHHmmss>-<8 hex>`, in UTC. */
function newWorkerId({
  clock,
  random,
}: {
  readonly clock: Clock;
  readonly random: Random;
}): string {
  const compact = new Date(clock.wallMs()).toISOString().replace(/\D/g, "").slice(0, 14);
  return `worker-${compact}-${random.hex(4)}`;
}
