import { join } from "node:path";
import { isCode, parseAttemptKey } from "@aloha/core";
import type {
  ApplicationDescription,
  AttemptKey,
  AttemptParts,
  PreparedCommand,
  PrepareFailure,
} from "@aloha/core";
import { toAccount } from "./account/accounts.ts";
import { commandEnvironment, type WorkerEnvironment } from "./command-environment.ts";
import { findMeans } from "./find-means.ts";
import type { HostMeans } from "./find-means.ts";
import type { ApplicationCommand } from "./types/application-type.ts";
import { dedicatedHost } from "./types/dedicated-host.ts";
import type { CodeSettings } from "./types/dedicated-host.ts";
import type { SharedHosts } from "./types/shared-host.ts";
import { applicationTypes, findApplicationType } from "./types/find-application-type.ts";
import { claimApplicationDirectory } from "./work-directory/application-directory.ts";
import { writePrivateFile } from "./work-directory/write-private-file.ts";

export interface PrepareOptions {
  readonly workPath: string;
  readonly workerId: string;
  readonly environment: WorkerEnvironment;
  readonly code: CodeSettings;
  readonly sharedHosts: SharedHosts;
  readonly means: HostMeans;
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
  if (parts === undefined) return unknownEntryPoint(description);
  if (description.isolation === "shared") {
    return prepareShared(attempt, parts, description, options);
  }
  const command = await commandOf(attempt, parts, description, options);
  if (command.kind === "no-command") {
    return { kind: "failed", code: command.code, message: command.message };
  }
  const means = await findMeans(description, options);
  if (means.kind === "failed") return means;
  const { account, openFilesMax, libs } = means;
  const host = { workerId: options.workerId, environment: options.environment, account, libs };
  const resolved = commandEnvironment(attempt, parts, description, host);
  if (resolved.kind === "missing") {
    return { kind: "failed", code: "environment", message: resolved.message };
  }
  try {
    const directory = await claimApplicationDirectory(
      options.workPath,
      parts.appId,
      parts.number,
      account,
    );
    for (const { name, text } of command.files ?? [])
      await writePrivateFile(join(directory, name), text, account);
    const messagePath = join(directory, `.message-${parts.number}`);
    return {
      kind: "prepared",
      command: {
        argv: command.argv,
        workingDirectory: directory,
        outputDirectory: directory,
        environment: {
          ...resolved.environment,
          ...command.environment,
          ALOHA_MESSAGE_FILE: messagePath,
        },
        messagePath,
        hosted: null,
        openFilesMax,
        account: account === null ? null : toAccount(account),
      },
    };
  } catch (error) {
    return noDirectory(parts, options, error);
  }
}

async function prepareShared(
  attempt: AttemptKey,
  parts: AttemptParts,
  description: ApplicationDescription,
  options: PrepareOptions,
): Promise<Preparation> {
  try {
    return await options.sharedHosts.prepare(attempt, parts, description);
  } catch (error) {
    return noDirectory(parts, options, error);
  }
}

function noDirectory(
  { appId }: AttemptParts,
  { workerId }: PrepareOptions,
  error: unknown,
): Preparation {
  const reason = error instanceof Error ? error.message : String(error);
  return {
    kind: "failed",
    code: "work-directory",
    message: `The work directory of ${appId} cannot be made on worker ${workerId}: ${reason}`,
  };
}

async function commandOf(
  attempt: AttemptKey,
  parts: AttemptParts,
  description: ApplicationDescription,
  options: PrepareOptions,
): Promise<ApplicationCommand> {
  const { entryPoint } = description;
  if (isCode(entryPoint)) {
    const applicationDir = join(options.workPath, parts.appId);
    return dedicatedHost(attempt, parts, applicationDir, description, options.code);
  }
  const type = findApplicationType(entryPoint);
  if (type !== undefined) return type.command(description, options);
  const { code, message } = unknownEntryPoint(description);
  return { kind: "no-command", code, message };
}

function unknownEntryPoint({
  entryPoint,
}: ApplicationDescription): Extract<Preparation, { kind: "failed" }> {
  const known = applicationTypes.map(({ names }) => names[0]).join(", ");
  return {
    kind: "failed",
    code: "unknown-entry-point",
    message: `The worker knows no entryPoint "${entryPoint}". It runs: ${known}, and code as module#Export.`,
  };
}
