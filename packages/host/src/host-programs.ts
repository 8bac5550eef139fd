import { fileURLToPath } from "node:url";

/** The files that `node` is given to run a host. */
export const hostPrograms: {
  /** Takes the path of a file that holds the order. */
  readonly dedicated: string;
} = { dedicated: built("dedicated-main.js") };

/** A process cannot run sources, so where this is one, the built file beside it is taken. */
function built(name: string): string {
  const path = import.meta.url.endsWith(".ts") ? `../dist/${name}` : `./${name}`;
  return fileURLToPath(new URL(path, import.meta.url));
}
