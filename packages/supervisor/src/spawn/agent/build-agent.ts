import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { accessSync, constants, lstatSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** As in the tests, without sanitizers. */
const COMPILER_FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-O2"];
const COMPILE_TIMEOUT_MS = 60_000;

export type AgentBinary =
  | { readonly kind: "found"; readonly path: string }
  /** One sentence for the log. */
  | { readonly kind: "none"; readonly reason: string };

/**
 * The agent's program for these very sources: made beforehand (a package, an image), made earlier by
 * this user, or made now if there is a C compiler. `directory` is where it is kept if there is no better place.
 */
export async function findAgentBinary(directory: string): Promise<AgentBinary> {
  if (process.platform !== "linux") return none(`${process.platform} is not Linux`);
  const sources = fileURLToPath(nativeDirectory());
  const files = listSources(sources);
  if (files.length === 0) return none(`its sources are not in ${sources}`);
  const name = `spawn-agent-${process.arch}-${hashOf(sources, files)}`;
  const places = [join(sources, "built"), userCache(), join(directory, "native")];
  for (const place of places) {
    const path = join(place, name);
    if (isOurProgram(path)) return { kind: "found", path };
  }
  const refusals: string[] = [];
  for (const place of places) {
    const refusal = await compile(sources, files, place, name);
    if (refusal === null) return { kind: "found", path: join(place, name) };
    refusals.push(refusal);
  }
  return none(refusals.at(-1) ?? "there is no place for it");
}

/** Beside `src` and `dist`. */
function nativeDirectory(): URL {
  return new URL("../../../native/", import.meta.url);
}

function listSources(directory: string): readonly string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith(".c") || name.endsWith(".h"))
      .toSorted();
  } catch {
    // A package without them: as good as none.
    return [];
  }
}

function hashOf(directory: string, files: readonly string[]): string {
  const hash = createHash("sha256");
  for (const file of [...files]) hash.update(file).update(readFileSync(join(directory, file)));
  return hash.update(COMPILER_FLAGS.join(" ")).digest("hex").slice(0, 16);
}

function userCache(): string {
  const base = process.env["XDG_CACHE_HOME"];
  return join(base === undefined || base === "" ? join(homedir(), ".cache") : base, "aloha");
}

/** Only this user, or root, may have made it. */
function isOurProgram(path: string): boolean {
  try {
    const { uid, mode } = lstatSync(path);
    accessSync(path, constants.X_OK);
    return (uid === 0 || uid === process.getuid?.()) && (mode & 0o022) === 0;
  } catch {
    // Not there.
    return false;
  }
}

/** Null if it worked, else why not. The program appears whole, however many make it at a time. */
async function compile(
  sources: string,
  files: readonly string[],
  place: string,
  name: string,
): Promise<string | null> {
  const temporary = join(place, `${name}.${process.pid}`);
  const inputs = files.filter((file) => file.endsWith(".c")).map((file) => join(sources, file));
  try {
    mkdirSync(place, { recursive: true, mode: 0o755 });
    await run("cc", [...COMPILER_FLAGS, "-o", temporary, ...inputs], {
      timeout: COMPILE_TIMEOUT_MS,
    });
    // A file system without programs (noexec) is found out here.
    await run(temporary, ["--version"]);
    await rename(temporary, join(place, name));
    return null;
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    return explain(error, place);
  }
}

function explain(error: unknown, place: string): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes("spawn cc ENOENT")) return "there is no C compiler: cc was not found";
  const [line = ""] = message.split("\n").filter((text) => text.includes("error"));
  return `it could not be compiled into ${place}: ${line === "" ? message : line}`;
}

function none(reason: string): AgentBinary {
  return { kind: "none", reason };
}
