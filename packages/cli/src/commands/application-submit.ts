import type { Application } from "@aloha/api";
import type { AlohaClient } from "@aloha/api/client";
import { AlohaError } from "@aloha/core/vocabulary";
import { exitCodeOfEnd } from "../application-exit.ts";
import {
  addClientOptions,
  openClient,
  openPatientClient,
  outputFormat,
  refuseJson,
} from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { describeEnd, followApplication } from "../follow-application.ts";
import { addDescriptionFlags, collect, fieldsOfFlags } from "../input/description-flags.ts";
import type { DescriptionFlags } from "../input/description-flags.ts";
import { isLinesFile, openLines, peekLines } from "../input/description-lines.ts";
import { resolveDescriptions } from "../input/resolve-descriptions.ts";
import type { ApplicationFields } from "../input/resolve-descriptions.ts";
import { printable } from "../output/printable.ts";
import { writeJson } from "../output/write-json.ts";
import { submitLines } from "../submit-lines.ts";

interface SubmitOptions extends ClientOptions, DescriptionFlags {
  readonly file?: readonly string[];
  readonly wait?: boolean;
  readonly follow?: boolean;
}

interface SubmittedApplication {
  readonly id: string;
  readonly name: string;
  readonly duplicate: boolean;
}

/** `aloha submit`: prints the ids alone, one a line, so that a script can take them. */
export const applicationSubmit: CommandDefinition = {
  configure(command) {
    command
      .usage("[options] [-- <command...>]")
      .argument("[command...]", "what to run; no shell is between")
      .option(
        "-f, --file <path>",
        "descriptions in YAML or JSON, `---` between several, or one a line (.ndjson, .jsonl); `-` is standard input",
        collect,
      )
      .option("--args <script>", "a script for the type, for shell a bash script")
      .option("--wait", "wait until it has ended; the exit status tells how")
      .option("--follow", "print its output until it has ended; the exit status tells how");
    addClientOptions(command);
    addDescriptionFlags(command);
  },

  async run(context, command) {
    const options = command.opts<SubmitOptions>();
    if (options.follow === true)
      refuseJson(options, "followed output", "use --wait -o json, and `aloha logs`");
    const files = options.file ?? [];
    const stdin = files.includes("-") ? await peekLines(context.openStdin()) : undefined;
    const ofLines = files.find((file) => isLinesFile(file) || (file === "-" && stdin?.isLines));
    if (ofLines !== undefined) {
      refuseWithLines(ofLines, files, options);
      const fromFlags = fieldsOfFlags(options, command.args, context.environment);
      // An address that is wrong is said at once; a master that restarts meanwhile is waited for.
      await (await openClient(context, options)).version();
      return submitLines(context, {
        client: await openPatientClient(context, options),
        pieces: ofLines === "-" ? stdin!.stdin : openLines(context, ofLines),
        file: ofLines,
        fromFlags,
        isJson: outputFormat(options) === "json",
      });
    }
    const applications = await resolveDescriptions(context, {
      files,
      flags: options,
      command: command.args,
      ...(stdin === undefined ? {} : { stdin: stdin.stdin }),
    });
    if (options.follow === true && applications.length > 1) {
      throw new AlohaError(
        "invalid-argument",
        `--follow follows one application, but ${applications.length} are described`,
      );
    }
    const isJson = outputFormat(options) === "json";
    const waits = options.wait === true || options.follow === true;
    const client = await openClient(context, options);
    const submitted = await submitAll(
      context,
      client,
      applications,
      isJson || options.follow === true,
    );
    if (!waits) {
      if (isJson) await writeJson(context, { applications: submitted });
      return exitCodes.success;
    }
    const patient = await openPatientClient(context, options);
    const ended = await Promise.all(
      submitted.map(({ id }) =>
        options.follow === true ? followApplication(context, patient, id) : patient.waitForEnd(id),
      ),
    );
    if (isJson) await writeJson(context, { applications: ended });
    else
      await context.stderr.write(
        ended.map((application) => `${describeEnd(application)}\n`).join(""),
      );
    return exitCodeOfAll(ended);
  },
};

/** A file of many lines is submitted as it is read: what needs all of them at once is refused. */
function refuseWithLines(file: string, files: readonly string[], options: SubmitOptions): void {
  const refuse = (what: string): never => {
    throw new AlohaError("invalid-argument", `${file} has one application a line: ${what}`);
  };
  if (files.length > 1) refuse("submit it alone, without another file");
  if (options.wait === true || options.follow === true)
    refuse("--wait and --follow are for few applications; use `aloha ps` or `aloha events`");
  if (options.requestId !== undefined)
    refuse("--request-id names one application; set requestId in the lines");
}

/** In order. If one is refused, what was submitted before it is said, since it stays submitted. */
async function submitAll(
  context: CommandContext,
  client: AlohaClient,
  applications: readonly ApplicationFields[],
  quiet: boolean,
): Promise<readonly SubmittedApplication[]> {
  const submitted: SubmittedApplication[] = [];
  for (const application of applications) {
    try {
      const { id, duplicate } = await client.submit(application);
      submitted.push({ id, name: application.name, duplicate });
      if (!quiet) await context.stdout.write(`${printable(id)}\n`);
    } catch (error) {
      if (submitted.length === 0 || !(error instanceof AlohaError)) throw error;
      const before = submitted.map(({ id }) => id).join(", ");
      throw new AlohaError(
        error.code,
        `${application.name}: ${error.message}\nsubmitted before it, and kept: ${before}`,
        {
          cause: error,
        },
      );
    }
  }
  return submitted;
}

/** The worst of several ends: an end that is unknown, then a failure. */
function exitCodeOfAll(applications: readonly Application[]): number {
  return Math.max(...applications.map(exitCodeOfEnd));
}
