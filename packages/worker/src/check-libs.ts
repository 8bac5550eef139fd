import { access, constants, realpath } from "node:fs/promises";
import { isAbsolute, join, sep } from "node:path";
import { errorCode } from "@aloha/runtime/node";

export type CheckedLibs =
  | { readonly kind: "found"; readonly paths: readonly string[] }
  | { readonly kind: "refused"; readonly message: string };

/**
 * Looks for each path of `libs`: it must exist, be readable, and lie below one of the roots, links followed.
 * A relative one is looked for under each root in turn. Gives the real paths, so that a link
 * which is changed afterwards leads nowhere else.
 */
export async function checkLibs(
  libs: readonly string[],
  roots: readonly string[],
  workerId: string,
): Promise<CheckedLibs> {
  if (libs.length === 0) return { kind: "found", paths: [] };
  const realRoots = (await Promise.all(roots.map(realPathOf))).filter((root) => root !== undefined);
  const paths: string[] = [];
  for (const lib of libs) {
    const candidates = isAbsolute(lib) ? [lib] : realRoots.map((root) => join(root, lib));
    const found = await firstReal(candidates);
    if (found === undefined)
      return refused(`${lib} of libs is not on worker ${workerId}. Put it there, or correct libs.`);
    if (!realRoots.some((root) => isBelow(found, root))) {
      return refused(
        `${lib} of libs lies outside of the directories that worker ${workerId} takes libs from (aloha.worker.libs.roots): ${roots.join(", ")}.`,
      );
    }
    try {
      await access(found, constants.R_OK);
    } catch {
      return refused(
        `${lib} of libs cannot be read on worker ${workerId}: see to its permissions.`,
      );
    }
    paths.push(found);
  }
  return { kind: "found", paths };
}

async function firstReal(candidates: readonly string[]): Promise<string | undefined> {
  for (const candidate of candidates) {
    const real = await realPathOf(candidate);
    if (real !== undefined) return real;
  }
  return undefined;
}

/** Undefined where there is nothing, also since a directory on the way may not be entered. */
async function realPathOf(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const absent = ["ENOENT", "ENOTDIR", "EACCES", "ELOOP", "ENAMETOOLONG"];
    if (absent.includes(errorCode(error) ?? "")) return undefined;
    throw error;
  }
}

function isBelow(path: string, root: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}

function refused(message: string): CheckedLibs {
  return { kind: "refused", message };
}
