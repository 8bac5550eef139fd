import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryDirectory } from "../fixtures.ts";

export interface ListenerModule {
  readonly path: string;
  /** What it wrote with `say`, line by line. */
  readonly lines: () => readonly string[];
  /** A file that it may look for. */
  readonly file: (name: string) => string;
}

/** Writes a module that can `say(text)`, and knows its `directory`. */
export async function listenerModule(body: string): Promise<ListenerModule> {
  const directory = await temporaryDirectory();
  const path = join(directory, "listener.mjs");
  const said = join(directory, "said");
  await writeFile(said, "");
  await writeFile(
    path,
    `import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
    const directory = ${JSON.stringify(directory)};
    const say = (text) => appendFileSync(${JSON.stringify(said)}, text + "\\n");
    ${body}`,
  );
  return {
    path,
    lines: () => readFileSync(said, "utf8").split("\n").slice(0, -1),
    file: (name) => join(directory, name),
  };
}
