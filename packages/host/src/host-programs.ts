import { fileURLToPath } from "node:url";

/** The files that `node` is given to run a host. */
export const hostPrograms: {
  /** Takes the path of a file that holds the order. */
  readonly dedicated: string;
  /** Is told all by its environment: ALOHA_HOST_SOCKET, and ALOHA_ATTEMPT, which names it. */
  readonly shared: string;
} = { dedicated: built("dedicated-main.js"), shared: built("shared-main.js") };

/** A process cannot run sources, so where this is one, the built file beside it is taken. */
function built(name: string): string {
  const path = import.meta.url.endsWith(".ts") ? `../dist/${name}` : `./${name}`;
  return fileURLToPath(new URL(path, import.meta.url));
}
