import type { workerConfigKeys } from "@aloha/worker";
import type { Command } from "commander";
import type { FlagSetting } from "./configuration-options.ts";

/** The flags of `aloha worker` that set keys. */
export interface WorkerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly cores?: string;
  readonly memory?: string;
  readonly workDir?: string;
}

export function addWorkerFlags(command: Command): void {
  command
    .option("-h, --host <address>", "listen on this address (default: 127.0.0.1)")
    .option("-p, --port <port>", "0 takes a free one (default: 0)");
  addOfferFlags(command);
}

/** Those that a master does not have. */
export function addOfferFlags(command: Command): void {
  command
    .option("-c, --cores <number>", "cores to offer (default: all of this host)")
    .option(
      "-m, --memory <size>",
      "memory to offer, e.g. 1000M, 2G (default: this host's, less 1 GiB)",
    )
    .option(
      "-d, --work-dir <directory>",
      "of applications and their output (default: work under ALOHA_HOME)",
    );
}

export function workerFlagSettings(
  keys: typeof workerConfigKeys,
  flags: WorkerFlags,
): readonly FlagSetting[] {
  return [
    { flag: "--host", key: keys.host, text: flags.host },
    { flag: "--port", key: keys.port, text: flags.port },
    { flag: "--cores", key: keys.cores, text: flags.cores },
    { flag: "--memory", key: keys.memory, text: flags.memory },
    { flag: "--work-dir", key: keys.directory, text: flags.workDir },
  ];
}
