import { join } from "node:path";
import { AlohaError, isLoopback, rpcConfigKeys } from "@aloha/core";
import type { Config } from "@aloha/core";
import type { RestAccess } from "@aloha/master";
import type { CommandContext } from "../command-context.ts";
import { configurationDirectory } from "../daemon/home.ts";
import { decodeJoinToken, encodeJoinToken } from "./join-token.ts";
import { addressTowards } from "./local-host.ts";
import {
  createSecurity,
  keepSecret,
  readSecret,
  readTokens,
  securityFiles,
  type SecurityFiles,
} from "./security-files.ts";

/** Where the configuration of a daemon says that its secrets are. */
export function securityFilesOf(
  context: CommandContext,
  { config, home }: { readonly config: Config; readonly home: string },
): SecurityFiles {
  const directory = config.get(rpcConfigKeys.securityDirectory);
  return securityFiles(directory ?? join(configurationDirectory(context, home), "security"));
}

/** How a master lets others in. */
export interface MasterSecurity {
  /** What workers prove to know. Undefined: anybody on this host, and nobody else. */
  readonly secret: Uint8Array | undefined;
  readonly access: RestAccess | undefined;
  /** Present if the secret was made by this very start: others do not know yet how to join. */
  readonly newJoinToken: string | undefined;
}

/**
 * Loopback needs nothing, but what is there is used. Beyond loopback nothing listens without a proof:
 * what is missing is made at the first start.
 */
export async function masterSecurity(options: {
  readonly files: SecurityFiles;
  readonly host: string;
  readonly submissionsTrust: readonly string[];
}): Promise<MasterSecurity> {
  const { files, host, submissionsTrust } = options;
  const created = !isLoopback(host) && (await createSecurity(files)).created;
  const secret = await readSecret(files);
  if (secret === undefined) return { secret, access: undefined, newJoinToken: undefined };
  const tokens = await readTokens(files);
  return {
    secret,
    access: { tokens, submissionsTrust },
    newJoinToken: created ? encodeJoinToken(secret) : undefined,
  };
}

/**
 * The secret of a worker: from the join token, which is kept, or the one that is there. Throws
 * AlohaError where it would listen or connect beyond loopback without one.
 */
export async function workerSecurity(options: {
  readonly files: SecurityFiles;
  readonly host: string;
  /** `host:port` of each. */
  readonly masters: readonly string[];
  readonly joinToken: string | undefined;
}): Promise<Uint8Array | undefined> {
  const { files, host, masters, joinToken } = options;
  if (joinToken !== undefined) await keepSecret(files, decodeJoinToken(joinToken));
  const secret = await readSecret(files);
  if (secret !== undefined) return secret;
  const outer = [host, ...masters.map(hostOf)].find((name) => !isLoopback(name));
  if (outer === undefined) return undefined;
  throw new AlohaError(
    "refused",
    `A worker beyond loopback (${outer}) has to prove that it belongs to the cluster, and this host has no secret in ${files.directory}. Run \`aloha init\` on the master's host, and start the worker with the --join token that it prints.`,
  );
}

/** Where a worker listens that was not told: on the address from which it reaches its masters, so that they reach it. */
export async function workerHost(masters: readonly string[]): Promise<string> {
  const outer = masters.map(hostOf).find((host) => !isLoopback(host));
  return outer === undefined ? "127.0.0.1" : addressTowards(outer.replace(/^\[|\]$/g, ""));
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}
