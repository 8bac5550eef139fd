import type { masterConfigKeys } from "@aloha/master";
import type { Command } from "commander";
import type { FlagSetting } from "./configuration-options.ts";

/** The flags of `aloha master` that set keys. */
export interface MasterFlags {
  readonly host?: string;
  readonly port?: string;
  readonly restPort?: string;
  readonly recoveryMode?: string;
  readonly recoveryDirectory?: string;
}

export function addMasterFlags(command: Command): void {
  command
    .option("-h, --host <address>", "listen on this address (default: 127.0.0.1)")
    .option("-p, --port <port>", "for workers; 0 takes a free one (default: 7077)")
    .option("--rest-port <port>", "for HTTP; 0 takes a free one (default: 6066)")
    .option(
      "--recovery-mode <mode>",
      "what survives a restart of the master: NONE, FILESYSTEM, CUSTOM",
    )
    .option(
      "--recovery-directory <directory>",
      "for FILESYSTEM, on a local disk (default: recovery under ALOHA_HOME)",
    );
}

export function masterFlagSettings(
  keys: typeof masterConfigKeys,
  flags: MasterFlags,
): readonly FlagSetting[] {
  return [
    { flag: "--host", key: keys.host, text: flags.host },
    { flag: "--port", key: keys.port, text: flags.port },
    { flag: "--rest-port", key: keys.restPort, text: flags.restPort },
    { flag: "--recovery-mode", key: keys.recoveryMode, text: flags.recoveryMode },
    { flag: "--recovery-directory", key: keys.recoveryDirectory, text: flags.recoveryDirectory },
  ];
}
