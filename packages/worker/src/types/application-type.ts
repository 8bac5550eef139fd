import type { ApplicationDescription, PrepareFailure } from "@aloha/core";
import type { WorkerEnvironment } from "../command-environment.ts";

/** The command that an application runs as, or why there is none. */
export type ApplicationCommand =
  | {
      readonly kind: "command";
      readonly argv: readonly string[];
      /** Variables that the type adds to those of the description, or puts in their place. */
      readonly environment?: Readonly<Record<string, string>>;
      /** Files that it finds in its directory, readable to its account alone. */
      readonly files?: readonly { readonly name: string; readonly text: string }[];
    }
  | { readonly kind: "no-command"; readonly code: PrepareFailure; readonly message: string };

/** Where the command will run. */
export interface CommandHost {
  readonly workerId: string;
  readonly environment: WorkerEnvironment;
}

/** Turns descriptions into commands. One file each in this folder; add it to `applicationTypes`. */
export interface ApplicationType {
  /** What `entryPoint` may say; the first is the name shown, the others are kept for old clients. */
  readonly names: readonly string[];
  command(description: ApplicationDescription, host: CommandHost): ApplicationCommand;
}
