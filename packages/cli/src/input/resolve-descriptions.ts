import { readFile } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { parseDescription } from "@aloha/core/describe";
import { AlohaError } from "@aloha/core/vocabulary";
import type { CommandContext } from "../command-context.ts";
import type { WrittenDescription } from "./description-documents.ts";
import { fieldsOfFlags, flagOfPath } from "./description-flags.ts";
import type { DescriptionFlags } from "./description-flags.ts";

/** The body of a submission: the fields as they were written, found to be valid. */
export type ApplicationFields = Readonly<Record<string, unknown>> & { readonly name: string };

export interface DescriptionSources {
  /** `-f`: a path, or `-` for standard input. */
  readonly files: readonly string[];
  readonly flags: DescriptionFlags;
  /** What follows `--`. */
  readonly command: readonly string[];
  /** Standard input, where it has been read already. */
  readonly stdin?: AsyncIterable<Uint8Array>;
}

/**
 * The applications that files and flags describe, in order; flags set the fields of every one of
 * them, environment and labels being joined. All are validated here, so that nothing is submitted when anything is wrong.
 * Throws AlohaError (`invalid-argument`) that names every problem with its file and line, or its flag.
 */
export async function resolveDescriptions(
  context: CommandContext,
  sources: DescriptionSources,
): Promise<readonly ApplicationFields[]> {
  const fromFlags = fieldsOfFlags(sources.flags, sources.command, context.environment);
  const written = await readFiles(context, sources);
  if (written.length > 1 && sources.flags.requestId !== undefined) {
    throw new AlohaError(
      "invalid-argument",
      "--request-id names one application, but several are described: set requestId in the files",
    );
  }
  const all = sources.files.length === 0 ? [describedByFlags(sources)] : written;
  const problems: string[] = [];
  const applications = all.flatMap((description) => {
    const fields = joinFields(description.fields, fromFlags);
    const result = parseDescription(fields, { unknownFields: "refuse" });
    if (result.ok) return [{ ...fields, name: result.description.name }];
    for (const error of result.errors) {
      const place = isFromFlag(error.path, fromFlags)
        ? flagOfPath(error.path)
        : description.locate(error.path);
      problems.push(place === "" ? error.message : `${place}: ${error.message}`);
    }
    return [];
  });
  if (problems.length > 0) throw new AlohaError("invalid-argument", problems.join("\n"));
  return applications;
}

/** What is described by flags alone: a shell application, named after its command. */
function describedByFlags(sources: DescriptionSources): WrittenDescription {
  const [program] = sources.command;
  if (
    program === undefined &&
    sources.flags.args === undefined &&
    sources.flags.type === undefined
  ) {
    throw new AlohaError(
      "invalid-argument",
      "nothing to submit: give a command after `--`, a script with --args, or a file with -f",
    );
  }
  const name = program === undefined ? (sources.flags.type ?? "shell") : basename(program);
  return { fields: { name, entryPoint: "shell" }, locate: () => "" };
}

async function readFiles(
  context: CommandContext,
  { files, stdin }: DescriptionSources,
): Promise<readonly WrittenDescription[]> {
  if (files.length === 0) return [];
  const { readDescriptionDocuments } = await import("./description-documents.ts");
  const documents = await Promise.all(
    files.map(async (file) =>
      readDescriptionDocuments(await readSource(context, file, stdin), file),
    ),
  );
  return documents.flat();
}

async function readSource(
  context: CommandContext,
  file: string,
  stdin: AsyncIterable<Uint8Array> | undefined,
): Promise<string> {
  if (file === "-") return text(stdin ?? context.openStdin());
  try {
    return await readFile(resolve(context.workingDirectory, file), "utf8");
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlohaError("invalid-argument", `${file} cannot be read: ${reason}`, { cause: error });
  }
}

/** Fields with those that flags set; environment and labels, and what else holds names, are joined. */
export function joinFields(
  written: Readonly<Record<string, unknown>>,
  flags: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const both = { ...written, ...flags };
  for (const name of ["environment", "labels", "restart", "stop"]) {
    const ours = written[name];
    const theirs = flags[name];
    if (isRecord(ours) && isRecord(theirs)) both[name] = { ...ours, ...theirs };
  }
  return both;
}

function isFromFlag(path: string, flags: Readonly<Record<string, unknown>>): boolean {
  return Object.hasOwn(flags, /^\w*/.exec(path)?.[0] ?? "");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
