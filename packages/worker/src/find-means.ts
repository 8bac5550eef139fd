import { isCode } from "@aloha/core";
import type { ApplicationDescription, PrepareFailure } from "@aloha/core";
import { findObstacle } from "./account/find-obstacle.ts";
import type { Accounts } from "./account/accounts.ts";
import type { HostAccount } from "./account/read-account.ts";
import { checkLibs } from "./check-libs.ts";
import { grantOpenFiles } from "./resources/open-files.ts";
import type { OpenFilesLimits } from "./resources/open-files.ts";

/** What this host can give to attempts. */
export interface HostMeans {
  readonly accounts: Accounts;
  readonly openFiles: OpenFilesLimits;
  /** Directories outside of which no libs are taken. */
  readonly libsRoots: readonly string[];
}

/** What an attempt gets of its host besides cores and memory. */
export interface GrantedMeans {
  readonly kind: "granted";
  /** Null: the worker's own. */
  readonly account: HostAccount | null;
  readonly openFilesMax: number | null;
  /** The real paths of its libs; as they were written for code, whose module is looked up in them. */
  readonly libs: readonly string[];
}

interface MeansMissing {
  readonly kind: "failed";
  readonly code: PrepareFailure;
  readonly message: string;
}

/** Finds out whether this host has what a description asks for. */
export async function findMeans(
  description: ApplicationDescription,
  worker: { readonly workerId: string; readonly workPath: string; readonly means: HostMeans },
): Promise<GrantedMeans | MeansMissing> {
  const { accounts, openFiles, libsRoots } = worker.means;
  const resolved = await accounts.resolve(description.user);
  if (resolved.kind === "refused") return failed("account", resolved.message);
  const { account } = resolved;
  const obstacle = account === null ? undefined : await findObstacle(account, worker.workPath);
  if (obstacle !== undefined) return failed("account", obstacle);
  const granted = grantOpenFiles(description.openFilesMax, openFiles, worker.workerId);
  if (granted.kind === "refused") return failed("limits", granted.message);
  const libs = isCode(description.entryPoint)
    ? ({ kind: "found", paths: description.libs } as const)
    : await checkLibs(description.libs, libsRoots, worker.workerId);
  if (libs.kind === "refused") return failed("libs", libs.message);
  return { kind: "granted", account, openFilesMax: granted.openFilesMax, libs: libs.paths };
}

function failed(code: PrepareFailure, message: string): MeansMissing {
  return { kind: "failed", code, message };
}
