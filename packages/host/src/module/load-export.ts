import { pathToFileURL } from "node:url";

type Members = Readonly<Record<string, unknown>>;

/**
 * What the module of that path exports under that name: an ES module, or CommonJS, whose members may
 * be found on its `default` alone, with the layer that compilers of TypeScript add. Rejects with
 * what the module throws, or an Error that names what it does export.
 */
export async function loadExport(modulePath: string, exportName: string): Promise<unknown> {
  const namespace: unknown = await import(pathToFileURL(modulePath).href);
  const members = membersOf(namespace);
  const defaults = membersOf(members["default"]);
  const found =
    exportName === "default"
      ? (defaults["default"] ?? members["default"])
      : (members[exportName] ?? defaults[exportName]);
  if (found !== undefined) return found;
  const names = new Set([...Object.keys(members), ...Object.keys(defaults)]);
  const known = names.size === 0 ? "nothing" : [...names].toSorted().join(", ");
  throw new Error(`${modulePath} exports no ${exportName}; it exports ${known}`);
}

function membersOf(value: unknown): Members {
  const hasMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return hasMembers ? (value as Members) : {};
}
