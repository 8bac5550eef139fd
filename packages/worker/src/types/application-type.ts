import type { ApplicationDescription, PrepareFailure } from "@aloha/core";

/** The command that an application runs as, or why there is none. */
export type ApplicationCommand =
  | { readonly kind: "command"; readonly argv: readonly string[] }
  | { readonly kind: "no-command"; readonly code: PrepareFailure; readonly message: string };

/** Turns descriptions into commands. One file each in this folder; add it to `applicationTypes`. */
export interface ApplicationType {
  /** What `entryPoint` may say; the first is the name shown, the others are kept for old clients. */
  readonly names: readonly string[];
  command(description: ApplicationDescription): ApplicationCommand;
}
