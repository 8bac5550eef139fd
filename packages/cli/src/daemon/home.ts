import { existsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { CommandContext } from "../command-context.ts";

/** The configuration file that is read where none is named. */
export const defaultFileName = "aloha-default.conf";

/** ALOHA_HOME, else the checkout that this program stands in, else the working directory. */
export function alohaHome(context: CommandContext): string {
  const given = context.environment["ALOHA_HOME"];
  if (given !== undefined && given !== "") return resolve(context.workingDirectory, given);
  const checkout = resolve(dirname(fileURLToPath(import.meta.url)), "../../../..");
  return existsSync(join(checkout, "conf", defaultFileName)) ? checkout : context.workingDirectory;
}

/** ALOHA_CONF_DIR, else `conf` in `home`. */
export function configurationDirectory(context: CommandContext, home: string): string {
  const given = context.environment["ALOHA_CONF_DIR"];
  return given === undefined || given === ""
    ? join(home, "conf")
    : resolve(context.workingDirectory, given);
}
