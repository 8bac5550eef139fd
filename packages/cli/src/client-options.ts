import { randomUUID } from "node:crypto";
import type { AlohaClient } from "@aloha/api/client";
import { AlohaError } from "@aloha/core/vocabulary";
import { Option } from "commander";
import type { Command } from "commander";
import type { CommandContext, OutputFormat } from "./command-context.ts";
import { httpSend } from "./http-send.ts";
import { pause } from "./pause.ts";
import { clientToken } from "./security/client-token.ts";

/** The options that every command has which speaks to a master. */
export interface ClientOptions {
  readonly master?: string;
  readonly tokenFile?: string;
  readonly output?: OutputFormat;
}

const masterDefault = "http://127.0.0.1:6066";
/** A command that asks once fails soon where nothing listens; a master that restarts gets this much. */
const askPatienceMs = 1000;
/** Whoever waits for an end or follows output waits out an upgrade of the master. */
const followPatienceMs = 600_000;

export function addClientOptions(command: Command): void {
  command
    .option(
      "--master <url,...>",
      `HTTP address of the master, or of all (default: ALOHA_MASTER_URL, else ${masterDefault})`,
    )
    .option(
      "--token-file <file>",
      "holds the token for the master (default: ALOHA_TOKEN, else that of a master on this host)",
    )
    .addOption(
      new Option("-o, --output <format>", "text for people, or one JSON document for programs")
        .choices(["text", "json"])
        .default("text"),
    );
}

export function outputFormat(options: ClientOptions): OutputFormat {
  return options.output ?? "text";
}

/** A client for one question. */
export function openClient(context: CommandContext, options: ClientOptions): Promise<AlohaClient> {
  return createClient(context, options, askPatienceMs);
}

/** A client for what takes long, to be opened after a first answer has shown that the address is right. */
export function openPatientClient(
  context: CommandContext,
  options: ClientOptions,
): Promise<AlohaClient> {
  return createClient(context, options, followPatienceMs);
}

/** For commands whose answer has no end or is raw bytes: neither is a JSON document. */
export function refuseJson(options: ClientOptions, what: string, instead: string): void {
  if (outputFormat(options) === "text") return;
  throw new AlohaError("invalid-argument", `${what} is not a JSON document: ${instead}`);
}

async function createClient(
  context: CommandContext,
  options: ClientOptions,
  patienceMs: number,
): Promise<AlohaClient> {
  const { AlohaClient: Client } = await import("@aloha/api/client");
  const fromEnvironment = context.environment["ALOHA_MASTER_URL"];
  const masters =
    options.master ??
    (fromEnvironment === undefined || fromEnvironment === "" ? masterDefault : fromEnvironment);
  const token = await clientToken(context, masters, options.tokenFile);
  return new Client({
    masters: [masters],
    ...(token === undefined ? {} : { token }),
    patienceMs,
    send: httpSend,
    newRequestId: randomUUID,
    pause: (delayMs, signal) => pause(context.timers, delayMs, signal),
  });
}
