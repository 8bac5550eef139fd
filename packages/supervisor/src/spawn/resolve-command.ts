import { accessSync, constants, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import type { StartSpec } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";
import { failed, type FailedStart } from "./check-start.ts";

export type ResolvedCommand = { readonly kind: "resolved"; readonly file: string } | FailedStart;

/** What execvp(3) searches when PATH is unset. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * Finds the program before the fork, in the PATH of the environment given, so that a missing
 * one is a clear answer and not exit code 127 of something in between.
 */
export function resolveCommand(spec: StartSpec): ResolvedCommand {
  const [command = ""] = spec.argv;
  const directory = stateOf(spec.workingDirectory, constants.X_OK);
  if (directory !== "directory") {
    return failed(
      "work-directory",
      `The working directory ${spec.workingDirectory} ${explain(directory)}.`,
    );
  }
  return command.includes("/") ? resolvePath(spec, command) : searchPath(spec, command);
}

function resolvePath(spec: StartSpec, command: string): ResolvedCommand {
  const file = isAbsolute(command) ? command : join(spec.workingDirectory, command);
  const state = stateOf(file, constants.X_OK);
  if (state === "executable") return { kind: "resolved", file };
  return failed(
    state === "missing" ? "command-not-found" : "not-executable",
    `${file} ${explain(state)}.`,
  );
}

function searchPath(spec: StartSpec, command: string): ResolvedCommand {
  const path = spec.environment["PATH"] ?? DEFAULT_PATH;
  let found: string | null = null;
  for (const directory of path.split(":")) {
    const file = join(
      isAbsolute(directory) ? directory : join(spec.workingDirectory, directory),
      command,
    );
    const state = stateOf(file, constants.X_OK);
    if (state === "executable") return { kind: "resolved", file };
    if (state === "forbidden") found ??= file;
  }
  if (found !== null) return failed("not-executable", `${found} is not executable by this user.`);
  return failed(
    "command-not-found",
    `There is no command ${JSON.stringify(command)} in PATH (${path}).`,
  );
}

type FileState = "executable" | "directory" | "missing" | "forbidden";

function stateOf(path: string, mode: number): FileState {
  try {
    accessSync(path, mode);
    return statSync(path).isDirectory() ? "directory" : "executable";
  } catch (error) {
    const code = errorCode(error);
    return code === "ENOENT" || code === "ENOTDIR" ? "missing" : "forbidden";
  }
}

function explain(state: FileState): string {
  switch (state) {
    case "executable":
      return "is not a directory";
    case "directory":
      return "is a directory";
    case "missing":
      return "does not exist";
    case "forbidden":
      return "is not executable by this user";
  }
}
