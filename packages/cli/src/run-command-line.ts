import { AlohaError } from "@aloha/core/vocabulary";
import { Command, CommanderError } from "commander";
import type { CommandContext, OutputFormat } from "./command-context.ts";
import { commandTable, nounSummaries } from "./command-table.ts";
import type { CommandEntry } from "./command-table.ts";
import { exitCodeOfError, exitCodes } from "./exit-code.ts";
import { writeError } from "./output/write-error.ts";
import { version } from "./version.ts";

const afterHelp = `
Exit status: 0 success, 1 the application failed, 2 wrong usage, 3 not found, 4 no master reached,
5 refused or over a limit, 6 the application's end is unknown. \`aloha run\` ends as its application ended.`;

/**
 * Runs one command line (without node and script) and gives its exit status. Never throws: what goes
 * wrong is written to stderr, as a JSON document where the command was asked for JSON.
 */
export async function runCommandLine(
  argv: readonly string[],
  context: CommandContext,
): Promise<number> {
  let exitCode: number = exitCodes.success;
  const help: string[] = [];
  const program = buildProgram(
    context,
    (text) => help.push(text),
    (code) => {
      exitCode = code;
    },
  );
  try {
    if (argv.length === 0) program.outputHelp();
    else await program.parseAsync(withHelpOption(argv), { from: "user" });
    await context.stdout.write(help.join(""));
    return exitCode;
  } catch (error) {
    // A noun alone, such as `aloha store`, shows its help as `aloha` alone does.
    const isHelp = error instanceof CommanderError && error.code === "commander.help";
    if (isHelp || (error instanceof CommanderError && error.exitCode === 0)) {
      await context.stdout.write(help.join(""));
      return exitCodes.success;
    }
    return reportFailure(context, argv, error);
  }
}

function buildProgram(
  context: CommandContext,
  writeHelp: (text: string) => void,
  finish: (exitCode: number) => void,
): Command {
  const program = new Command("aloha")
    .description(
      "Aloha runs commands and applications on a cluster, and follows them to their end.",
    )
    .usage("<command> [options]")
    .helpOption("--help", "show help")
    .version(`aloha ${version()}`, "-V, --version", "print the version")
    .helpCommand("help [command]", "show help for a command")
    .showSuggestionAfterError(true)
    .enablePositionalOptions()
    .exitOverride()
    // Usage errors are thrown, and written like every other error.
    .configureOutput({ writeOut: writeHelp, writeErr: writeHelp, outputError: () => {} })
    .addHelpText("after", afterHelp);
  for (const entry of commandTable) {
    declare(program, entry);
  }
  // A command's own code is loaded when it is named: `aloha ps` must not wait for the master's code.
  const loadNamed = async (_parent: Command, command: Command): Promise<void> => {
    const entry = commandTable.find(({ name }) => name === pathOf(command));
    if (entry === undefined) return;
    const definition = await entry.load();
    definition.configure(command);
    command.action(async () => {
      finish(await definition.run(context, command));
    });
  };
  for (const command of [program, ...program.commands]) command.hook("preSubcommand", loadNamed);
  return program;
}

/** `store backup` becomes a command below `store`. */
function declare(program: Command, entry: CommandEntry): void {
  const words = entry.name.split(" ");
  const [noun = ""] = words;
  const parent =
    words.length === 1
      ? program
      : (program.commands.find((command) => command.name() === noun) ??
        declareNoun(program, noun, entry.group));
  parent
    .command(words.at(-1) ?? "")
    .summary(entry.summary)
    .description(sentence(entry.summary))
    .helpGroup(words.length === 1 ? entry.group : "Commands:");
}

function declareNoun(program: Command, noun: string, group: string): Command {
  const summary = nounSummaries.get(noun) ?? "";
  return program
    .command(noun)
    .summary(summary)
    .description(sentence(summary))
    .usage("<command> [options]")
    .helpGroup(group);
}

function sentence(summary: string): string {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

/** The words that name a command on the command line. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null
    ? command.name()
    : `${parent.name()} ${command.name()}`;
}

/** `help store backup` as `store backup --help`: only a command that is named by itself is loaded with its options. `help nonsense` as `nonsense`. */
function withHelpOption(argv: readonly string[]): string[] {
  const [first, ...words] = argv;
  const named = words.filter((word) => !word.startsWith("-"));
  if (first !== "help" || named.length === 0) return [...argv];
  const isKnown = commandTable.some(({ name }) => `${name} `.startsWith(`${named.join(" ")} `));
  return isKnown ? [...named, "--help"] : named;
}

/** The command that a command line names; undefined if it names none. */
function commandNamed(argv: readonly string[]): string | undefined {
  const [first = "", second = ""] = argv;
  const names = commandTable.map(({ name }) => name);
  if (names.includes(`${first} ${second}`)) return `${first} ${second}`;
  return names.find((name) => name.split(" ")[0] === first)?.split(" ")[0];
}

async function reportFailure(
  context: CommandContext,
  argv: readonly string[],
  error: unknown,
): Promise<number> {
  const format = formatAskedFor(argv);
  if (error instanceof AlohaError) {
    await writeError(context, format, error.code, error.message);
    return exitCodeOfError(error.code);
  }
  if (error instanceof CommanderError) {
    await writeError(context, format, "invalid-argument", usageMessage(error, argv));
    return exitCodes.usage;
  }
  const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
  await writeError(context, format, "internal", `a fault of this program: ${message}`);
  return exitCodes.fault;
}

function usageMessage(error: CommanderError, argv: readonly string[]): string {
  const message = error.message.replace(/^error: /, "").replace(/\.?\s*$/, "");
  const [what, suggestion] = message.split(/\s*\((?=Did you mean .*\?\)$)/);
  const said = suggestion === undefined ? `${what}.` : `${what}. ${suggestion.slice(0, -1)}`;
  const named = commandNamed(argv);
  return `${said} Try: aloha help${named === undefined ? "" : ` ${named}`}`;
}

/** Before the command line is understood an error is in JSON too if `-o json` stands anywhere before `--`. */
function formatAskedFor(argv: readonly string[]): OutputFormat {
  const end = argv.indexOf("--");
  const own = end < 0 ? argv : argv.slice(0, end);
  const asked = own.some(
    (argument, index) =>
      argument === "-ojson" ||
      argument === "--output=json" ||
      ((argument === "-o" || argument === "--output") && own[index + 1] === "json"),
  );
  return asked ? "json" : "text";
}
