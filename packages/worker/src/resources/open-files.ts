import { readFileSync } from "node:fs";

/** What `limits.openFiles` is for descriptions that do not say: a host that allows less gives what it has. */
const openFilesDefault = 65_536;

/** CAP_SYS_RESOURCE (capabilities(7)): hard limits may be raised. */
const raiseLimitsBit = 24n;

/** What this host lets processes of the worker have; infinite where it does not say. */
export interface OpenFilesLimits {
  readonly hard: number;
  /** With the right to raise limits: how far. 0 without. */
  readonly raisable: number;
}

export type GrantedOpenFiles =
  | { readonly kind: "granted"; readonly openFilesMax: number | null }
  | { readonly kind: "refused"; readonly message: string };

/** The limit of open files for a description that asks for `asked`. */
export function grantOpenFiles(
  asked: number,
  limits: OpenFilesLimits,
  workerId: string,
): GrantedOpenFiles {
  const most = Math.max(limits.hard, limits.raisable);
  if (asked <= most) return { kind: "granted", openFilesMax: asked };
  if (asked === openFilesDefault) return { kind: "granted", openFilesMax: most };
  return {
    kind: "refused",
    message: `limits.openFiles is ${asked}, but worker ${workerId} can give ${most} at most. Raise the hard limit of the worker (ulimit -Hn, LimitNOFILE in its unit), or ask for less.`,
  };
}

/** Reads proc(5); where there is none, nothing is known to be forbidden. */
export function readOpenFilesLimits(): OpenFilesLimits {
  const hard = /^Max open files\s+\S+\s+(\S+)/m.exec(textOf("/proc/self/limits"))?.[1];
  const capabilities = /^CapEff:\s*([0-9a-f]+)/m.exec(textOf("/proc/self/status"))?.[1] ?? "0";
  const mayRaise = ((BigInt(`0x${capabilities}`) >> raiseLimitsBit) & 1n) === 1n;
  return {
    hard: hard === undefined || hard === "unlimited" ? Number.POSITIVE_INFINITY : Number(hard),
    raisable: mayRaise ? Number(textOf("/proc/sys/fs/nr_open")) : 0,
  };
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
