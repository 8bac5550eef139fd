import { readFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlohaError } from "@aloha/core/vocabulary";
import type { CommandContext } from "../command-context.ts";
import { isOwnAddress } from "./local-host.ts";

/**
 * The token to show to `masters` (URLs, separated by commas), if there is one: of `tokenFile`, else of ALOHA_TOKEN, else
 * the administrator's of this host, which only masters on this very host get to see. Throws AlohaError for a
 * file that cannot be read.
 */
export async function clientToken(
  context: CommandContext,
  masters: string,
  tokenFile: string | undefined,
): Promise<string | undefined> {
  if (tokenFile !== undefined) return tokenOf(resolve(context.workingDirectory, tokenFile));
  const fromEnvironment = context.environment["ALOHA_TOKEN"];
  if (fromEnvironment !== undefined && fromEnvironment !== "") return fromEnvironment;
  if (!masters.split(",").every((master) => isOwnAddress(hostOf(master.trim())))) return undefined;
  const { alohaHome, configurationDirectory } = await import("../daemon/home.ts");
  const directory = join(configurationDirectory(context, alohaHome(context)), "security");
  try {
    return (await readFile(join(directory, "admin.token"), "utf8")).trim();
  } catch {
    // There is none, or it is another user's: then the master says what it asks for.
    return undefined;
  }
}

async function tokenOf(file: string): Promise<string> {
  let token: string;
  try {
    token = (await readFile(file, "utf8")).trim();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlohaError("invalid-argument", `the token file ${file} cannot be read: ${reason}`, {
      cause: error,
    });
  }
  if (/^[\x21-\x7e]+$/.test(token)) return token;
  throw new AlohaError("invalid-argument", `the token file ${file} does not hold one word`);
}

function hostOf(master: string): string {
  try {
    return new URL(master.includes("://") ? master : `http://${master}`).hostname;
  } catch {
    // The client says what is wrong with it.
    return "";
  }
}
