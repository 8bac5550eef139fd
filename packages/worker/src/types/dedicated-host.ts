import { join } from "node:path";
import type { ApplicationDescription, AttemptKey, AttemptParts } from "@aloha/core";
import { encodeHostOrder, hostPrograms, resolveModule } from "@aloha/host";
import type { ApplicationCommand } from "./application-type.ts";

/** What a worker has for applications that are code. */
export interface CodeSettings {
  /** Absolute directories outside of which no code is loaded. */
  readonly roots: readonly string[];
  /** The worker's `aloha.x.*` settings. */
  readonly conf: Readonly<Record<string, string>>;
}

/** A Node process that runs one application: the host of `isolation: dedicated`. */
export async function dedicatedHost(
  attempt: AttemptKey,
  { number }: AttemptParts,
  applicationDir: string,
  description: ApplicationDescription,
  { roots, conf }: CodeSettings,
): Promise<ApplicationCommand> {
  const { entryPoint, libs } = description;
  const found = await resolveModule({ entryPoint, libs, roots });
  if (found.kind === "not-found") {
    return { kind: "no-command", code: "unknown-entry-point", message: found.message };
  }
  const { path, exportName } = found;
  const order = {
    attempt,
    modulePath: path,
    exportName,
    applicationDir,
    description,
    // The supervisor writes its output.
    logs: { segmentBytes: null, keep: null },
    conf,
  };
  const name = `.order-${number}.json`;
  return {
    kind: "command",
    argv: [
      process.execPath,
      "--enable-source-maps",
      hostPrograms.dedicated,
      join(applicationDir, name),
    ],
    files: [{ name, text: encodeHostOrder(order) }],
  };
}
