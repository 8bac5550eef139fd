import { AlohaError } from "@aloha/core/vocabulary";
import { Command, CommanderError } from "commander";
import type { CommandContext, OutputFormat } from "./command-context.ts";
import { commandTable } from "./command-table.ts";
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
    if (error instanceof CommanderError && error.exitCode === 0) {
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
    program
      .command(entry.name)
      .summary(entry.summary)
      .description(`${entry.summary.charAt(0).toUpperCase()}${entry.summary.slice(1)}.`)
      .helpGroup(entry.group);
  }
  // A command's own code is loaded when it is named: `aloha ps` must not wait for the master's code.
  program.hook("preSubcommand", async (_program, command) => {
    const entry = commandTable.find((candidate) => candidate.name === command.name());
    if (entry === undefined) return;
    const definition = await entry.load();
    definition.configure(command);
    command.action(async () => {
      finish(await definition.run(context, command));
    });
  });
  return program;
}

/** `help ps` as `ps --help`: only a command that is named by itself is loaded with its options. `help nonsense` as `nonsense`. */
function withHelpOption(argv: readonly string[]): string[] {
  const [first, name] = argv;
  if (first !== "help" || name === undefined || name.startsWith("-")) return [...argv];
  return commandTable.some((entry) => entry.name === name) ? [name, "--help"] : [name];
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
  const named = commandTable.find(({ name }) => name === argv[0]);
  return `${said} Try: aloha help${named === undefined ? "" : ` ${named.name}`}`;
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
