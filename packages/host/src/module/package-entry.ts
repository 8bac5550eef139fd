import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** The conditions under which `import` of a package looks at its `exports` (Node's "Packages", conditional exports). */
const conditions: ReadonlySet<string> = new Set([
  "node",
  "import",
  "module-sync",
  "default",
  "require",
]);

export interface PackageEntry {
  readonly name: string | null;
  /** Relative to the package's directory; null if the package names none. */
  readonly main: string | null;
}

/** What the package.json of a directory says; null if there is none. Rejects if it is no JSON. */
export async function readPackageEntry(directory: string): Promise<PackageEntry | null> {
  const path = join(directory, "package.json");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch {
    return null;
  }
  let manifest: unknown;
  try {
    manifest = JSON.parse(text);
  } catch (error) {
    throw new Error(`${path} is not JSON`, { cause: error });
  }
  if (!isRecord(manifest)) throw new Error(`${path} holds no object`);
  const { name, main } = manifest;
  const exported = entryOf(manifest["exports"]);
  return {
    name: typeof name === "string" ? name : null,
    main: exported ?? (typeof main === "string" ? main : null),
  };
}

/** The target of `.`: a text, or the first condition that holds, in the order in which the package names them. */
function entryOf(exported: unknown): string | null {
  if (typeof exported === "string") return exported;
  if (!isRecord(exported)) return null;
  if ("." in exported) return entryOf(exported["."]);
  for (const [condition, target] of Object.entries(exported)) {
    if (!conditions.has(condition)) continue;
    const found = entryOf(target);
    if (found !== null) return found;
  }
  return null;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
