import type { ApplicationSummary } from "@aloha/api";
import { AlohaError, liveStates, terminalStates } from "@aloha/core/vocabulary";
import type { ApplicationState } from "@aloha/core";
import { addClientOptions, openClient, outputFormat } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { exitCodes } from "../exit-code.ts";
import { collect } from "../input/description-flags.ts";
import { parseCount } from "../input/parse-count.ts";
import { applicationTable } from "../output/application-table.ts";
import { writeJson } from "../output/write-json.ts";

interface ListOptions extends ClientOptions {
  readonly all?: boolean;
  readonly state?: readonly string[];
  readonly name?: string;
  readonly namespace?: string;
  readonly label?: readonly string[];
  readonly limit: string;
}

const states: readonly ApplicationState[] = [...liveStates, ...terminalStates];

/** `aloha ps` */
export const applicationList: CommandDefinition = {
  configure(command) {
    command
      .option("-a, --all", "those that have ended too")
      .option("--state <state>", "only those in this state, e.g. failed; may be repeated", collect)
      .option("--name <name>", "only those of exactly this name")
      .option("--namespace <name>", "only those of this namespace")
      .option("--label <name[=value]>", "only those with this label; may be repeated", collect)
      .option("--limit <number>", "at most this many, the newest", "100");
    addClientOptions(command);
  },

  async run(context, command) {
    const options = command.opts<ListOptions>();
    const state = options.state?.map(parseState) ?? (options.all === true ? undefined : liveStates);
    const limit = parseCount("--limit", options.limit, 1);
    const client = await openClient(context, options);
    const applications: ApplicationSummary[] = [];
    // One more than asked for tells whether there are more.
    for await (const application of client.listAll({
      state,
      name: options.name,
      namespace: options.namespace,
      label: options.label,
      limit: limit + 1,
    })) {
      applications.push(application);
    }
    const shown = applications.slice(0, limit);
    const more = applications.length > limit;
    if (outputFormat(options) === "json") {
      await writeJson(context, { applications: shown, more });
      return exitCodes.success;
    }
    if (shown.length > 0) await context.stdout.write(await applicationTable(context, shown));
    else await context.stderr.write(emptyList(options));
    if (more) await context.stderr.write(`The newest ${limit}; there are more (--limit).\n`);
    return exitCodes.success;
  },
};

function parseState(text: string): ApplicationState {
  const name = text.toUpperCase().replaceAll("-", "_");
  const state = states.find((candidate) => candidate === name);
  if (state !== undefined) return state;
  throw new AlohaError(
    "invalid-argument",
    `--state ${JSON.stringify(text)}: one of ${states.join(", ")}`,
  );
}

function emptyList(options: ListOptions): string {
  const filtered =
    options.state !== undefined ||
    options.name !== undefined ||
    options.namespace !== undefined ||
    options.label !== undefined;
  if (filtered) return "No application matches.\n";
  return options.all === true
    ? "No application yet. Try: aloha run -- echo hello\n"
    : "No application is live. Those that have ended: aloha ps -a\n";
}
