import { existsSync, statSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { constants, Script } from "node:vm";
import { AlohaError } from "@aloha/core/vocabulary";
import type { ModuleReference } from "./module-reference.ts";

/** Where modules are looked for. */
export interface ModuleDirectories {
  /** Where relative paths begin, and where packages are looked for first. */
  readonly workingDirectory: string;
  /** ALOHA_HOME, where packages are looked for next. */
  readonly home: string;
}

export type ModuleNamespace = Readonly<Record<string, unknown>>;

/** Imports the module of a reference. Throws `invalid-argument`, with a message that says what was looked for and where, or what the module threw. */
export async function importModule(
  reference: ModuleReference,
  directories: ModuleDirectories,
): Promise<ModuleNamespace> {
  const load = isPath(reference.specifier)
    ? importFile(fileOf(reference, directories))
    : importFrom(packageBase(reference, directories), reference.specifier);
  try {
    return await load;
  } catch (thrown) {
    throw new AlohaError(
      "invalid-argument",
      `${reference.text} cannot be loaded: ${firstLines(thrown)}`,
      { cause: thrown },
    );
  }
}

function isPath(specifier: string): boolean {
  return /^(\.{1,2}$|\.{0,2}\/|file:)/.test(specifier);
}

function fileOf({ text, specifier }: ModuleReference, directories: ModuleDirectories): URL {
  const url = specifier.startsWith("file:")
    ? new URL(specifier)
    : pathToFileURL(resolve(directories.workingDirectory, specifier));
  const path = fileURLToPath(url);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats?.isFile() === true) return url;
  const what =
    stats === undefined ? "there is no such file" : "it is not a file: name the module in it";
  throw new AlohaError("invalid-argument", `${text} cannot be loaded: ${path}: ${what}.`);
}

/** The directory from which the package is found. */
function packageBase({ text, specifier }: ModuleReference, directories: ModuleDirectories): string {
  const name = /^(@[^/]+\/[^/]+|[^/@:.][^/:]*)(\/|$)/.exec(specifier)?.[1];
  const starts = [
    directories.workingDirectory,
    directories.home,
    dirname(fileURLToPath(import.meta.url)),
  ];
  const found = name === undefined ? undefined : starts.find((start) => isInstalled(start, name));
  if (found !== undefined) return found;
  const hint = existsSync(resolve(directories.workingDirectory, specifier))
    ? ` If the file is meant, write ./${specifier}.`
    : "";
  throw new AlohaError(
    "invalid-argument",
    `${text} cannot be loaded: there is no package ${name ?? specifier} in node_modules of ${directories.workingDirectory} or ${directories.home}, or above them.${hint}`,
  );
}

function isInstalled(start: string, name: string): boolean {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    if (existsSync(join(directory, "node_modules", name))) return true;
    if (dirname(directory) === directory) return false;
  }
}

function importFile(url: URL): Promise<ModuleNamespace> {
  return import(url.href) as Promise<ModuleNamespace>;
}

/** `import()` as a file in `base` would do it: packages are found from there, with the conditions of an import. */
function importFrom(base: string, specifier: string): Promise<ModuleNamespace> {
  const load = new Script("(specifier) => import(specifier)", {
    filename: join(base, "aloha-loads.mjs"),
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInThisContext() as (specifier: string) => Promise<ModuleNamespace>;
  return load(specifier);
}

const linesMax = 3;

/** What was thrown and where; the rest of a stack is of no use to who configured it. */
function firstLines(thrown: unknown): string {
  if (!(thrown instanceof Error)) return String(thrown);
  const lines = (thrown.stack ?? thrown.message).split("\n").filter((line) => line.trim() !== "");
  return lines.slice(0, linesMax).join("\n").slice(0, 1_000);
}
