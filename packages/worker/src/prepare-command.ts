import { parseAttemptKey } from "@aloha/core";
import type {
  ApplicationDescription,
  AttemptKey,
  PreparedCommand,
  PrepareFailure,
} from "@aloha/core";
import { commandEnvironment, type WorkerEnvironment } from "./command-environment.ts";
import { applicationTypes, findApplicationType } from "./types/find-application-type.ts";
import { claimApplicationDirectory } from "./work-directory/application-directory.ts";

export interface PrepareOptions {
  readonly workPath: string;
  readonly workerId: string;
  readonly environment: WorkerEnvironment;
}

export type Preparation =
  | { readonly kind: "prepared"; readonly command: PreparedCommand }
  | { readonly kind: "failed"; readonly code: PrepareFailure; readonly message: string };

/** Makes what an attempt needs so that the supervisor can start it: command, environment, directory. Never rejects. */
export async function prepareCommand(
  attempt: AttemptKey,
  description: ApplicationDescription,
  options: PrepareOptions,
): Promise<Preparation> {
  const parts = parseAttemptKey(attempt);
  const type = findApplicationType(description.entryPoint);
  if (parts === undefined || type === undefined) {
    const known = applicationTypes.map(({ names }) => names[0]).join(", ");
    return {
      kind: "failed",
      code: "unknown-entry-point",
      message: `The worker knows no entryPoint "${description.entryPoint}". It runs: ${known}.`,
    };
  }
  const command = type.command(description, options);
  if (command.kind === "no-command") {
    return { kind: "failed", code: command.code, message: command.message };
  }
  const resolved = commandEnvironment(attempt, parts, description, options);
  if (resolved.kind === "missing") {
    return { kind: "failed", code: "environment", message: resolved.message };
  }
  try {
    const directory = await claimApplicationDirectory(options.workPath, parts.appId, parts.number);
    return {
      kind: "prepared",
      command: {
        argv: command.argv,
        workingDirectory: directory,
        outputDirectory: directory,
        environment: { ...resolved.environment, ...command.environment },
        openFilesMax: null,
        account: null,
      },
    };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      kind: "failed",
      code: "work-directory",
      message: `The work directory of ${parts.appId} cannot be made on worker ${options.workerId}: ${reason}`,
    };
  }
}
