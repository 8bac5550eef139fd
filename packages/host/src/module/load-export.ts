import { register } from "node:module";
import { pathToFileURL } from "node:url";

type Members = Readonly<Record<string, unknown>>;

/**
 * What the module of that path exports under that name: an ES module, or CommonJS, whose members may
 * be found on its `default` alone, with the layer that compilers of TypeScript add. Where it imports
 * `@aloha/sdk` and has none, it gets the host's. Rejects with
 * what the module throws, or an Error that names what it does export.
 */
export async function loadExport(modulePath: string, exportName: string): Promise<unknown> {
  const namespace = await load(modulePath);
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

async function load(modulePath: string): Promise<unknown> {
  const { href } = pathToFileURL(modulePath);
  try {
    const namespace: unknown = await import(href);
    return namespace;
  } catch (error) {
    if (!lacksSdk(error)) throw error;
    // Costs a thread, so only those pay for it who need it. The address differs, or the failure would be remembered.
    register("./sdk-hook.js", import.meta.url);
    const namespace: unknown = await import(`${href}?with-sdk`);
    return namespace;
  }
}

function lacksSdk(error: unknown): boolean {
  return (
    error instanceof Error &&
    "code" in error &&
    error.code === "ERR_MODULE_NOT_FOUND" &&
    error.message.includes("'@aloha/sdk'")
  );
}

function membersOf(value: unknown): Members {
  const hasMembers = (typeof value === "object" && value !== null) || typeof value === "function";
  return hasMembers ? (value as Members) : {};
}
