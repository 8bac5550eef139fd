import { realpath, stat } from "node:fs/promises";
import { basename, extname, isAbsolute, join, relative, resolve } from "node:path";
import { readPackageEntry } from "./package-entry.ts";

/** Where code is looked for. */
export interface ModuleRequest {
  /** `module#Export` */
  readonly entryPoint: string;
  /** Files, directories and directories of packages; relative ones are looked for under each root. */
  readonly libs: readonly string[];
  /** Absolute directories outside of which nothing is loaded. */
  readonly roots: readonly string[];
}

export type ResolvedModule =
  | {
      readonly kind: "resolved";
      /** Absolute, without links. */
      readonly path: string;
      readonly exportName: string;
      /** Changes when the file does. */
      readonly version: string;
    }
  | { readonly kind: "not-found"; readonly message: string };

const extensions = ["", ".js", ".mjs", ".cjs"] as const;

/**
 * Finds the module that an entry point names, in the first lib that has it:
 *
 * - a lib that is a file is the module of its own name, with or without the extension;
 * - a directory has the modules below it (`jobs/orders` is `jobs/orders.js`, `.mjs` or `.cjs`, or the
 *   package or index file of a directory of that name);
 * - a directory with a package.json also is the module of the package's name.
 *
 * What lies outside the roots once links are followed is not found.
 */
export async function resolveModule(request: ModuleRequest): Promise<ResolvedModule> {
  const { entryPoint, libs, roots } = request;
  const [name = "", exportName = ""] = entryPoint.split("#");
  const realRoots = await Promise.all(roots.map(realPath));
  const tried: string[] = [];
  for (const lib of libs) {
    const places = isAbsolute(lib) ? [lib] : roots.map((root) => join(root, lib));
    for (const place of places) {
      const path = await realPath(place);
      if (path === null) {
        tried.push(`${place} (does not exist)`);
        continue;
      }
      if (!realRoots.some((root) => root !== null && isUnder(path, root))) {
        tried.push(`${place} (not under ${roots.join(" or ")}, where this worker loads code from)`);
        continue;
      }
      const found = await findIn(path, name);
      const target = found === null ? null : await realPath(found);
      if (target === null) {
        tried.push(`${place} (has no such module)`);
      } else if (!realRoots.some((root) => root !== null && isUnder(target, root))) {
        tried.push(`${found} (a link that leads out of ${roots.join(" and ")})`);
      } else {
        return { kind: "resolved", path: target, exportName, version: await versionOf(target) };
      }
    }
  }
  return {
    kind: "not-found",
    message: `The module ${name} of entryPoint ${entryPoint} is in none of the libs: ${tried.join("; ")}. Libs are paths on the worker that runs it.`,
  };
}

/** The module's file in a lib, or null. */
async function findIn(lib: string, name: string): Promise<string | null> {
  if (await isFile(lib)) {
    const own = basename(lib);
    return name === own || name === own.slice(0, own.length - extname(own).length) ? lib : null;
  }
  const entry = await readPackageEntry(lib);
  if (entry !== null && (entry.name === name || name === ".")) return packageFile(lib, entry.main);
  for (const extension of extensions) {
    const path = join(lib, name + extension);
    if (isUnder(path, lib) && (await isFile(path))) return path;
  }
  const directory = join(lib, name);
  if (!isUnder(directory, lib) || (await realPath(directory)) === null) return null;
  return packageFile(directory, (await readPackageEntry(directory))?.main ?? null);
}

/** The file that a directory stands for: what its package names, or its index. */
async function packageFile(directory: string, main: string | null): Promise<string | null> {
  const bases = [...(main === null ? [] : [main, join(main, "index")]), "index"];
  for (const base of bases) {
    for (const extension of extensions) {
      const path = resolve(directory, base + extension);
      if (await isFile(path)) return path;
    }
  }
  return null;
}

function isUnder(path: string, root: string): boolean {
  const from = relative(root, path);
  return from === "" || (!from.startsWith("..") && !isAbsolute(from));
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // What cannot be looked at is not there, as far as this process goes.
    return false;
  }
}

async function realPath(path: string): Promise<string | null> {
  try {
    return await realpath(path);
  } catch {
    return null;
  }
}

async function versionOf(path: string): Promise<string> {
  const { mtimeMs, size, ino } = await stat(path);
  return `${ino}-${size}-${mtimeMs}`;
}
