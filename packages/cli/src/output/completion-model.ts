import { Command } from "commander";
import type { Option } from "commander";
import { commandTable, nounSummaries } from "../command-table.ts";

/** One option as a shell completes it. */
export interface CompletedOption {
  /** `-o`, `--output`. */
  readonly names: readonly string[];
  readonly description: string;
  readonly takesValue: boolean;
  /** The values it takes, where they are known. */
  readonly choices: readonly string[];
}

export interface CompletedCommand {
  /** One word, or noun and verb. */
  readonly name: string;
  readonly summary: string;
  readonly options: readonly CompletedOption[];
  /** The values of its first argument, where they are known. */
  readonly choices: readonly string[];
}

/** Words that may stand in a place, with what they mean. */
export interface CompletedWord {
  readonly word: string;
  readonly summary: string;
}

/** Every command with its options, from the definitions themselves. */
export async function completedCommands(): Promise<readonly CompletedCommand[]> {
  return Promise.all(
    commandTable.map(async (entry) => {
      const { name, summary } = entry;
      const command = new Command(name);
      (await entry.load()).configure(command);
      const [argument] = command.registeredArguments;
      return {
        name,
        summary,
        options: [...command.options.map(completed), helpOption],
        choices: argument?.argChoices ?? [],
      };
    }),
  );
}

/** What may follow `aloha`. */
export function firstWords(commands: readonly CompletedCommand[]): readonly CompletedWord[] {
  const words = new Map<string, string>([["help", "show help for a command"]]);
  for (const { name, summary } of commands) {
    const [first = ""] = name.split(" ");
    if (first === name) words.set(first, summary);
    else if (!words.has(first)) words.set(first, nounSummaries.get(first) ?? "");
  }
  return [...words].map(([word, summary]) => ({ word, summary }));
}

/** What may follow each noun that has several commands. */
export function verbsByNoun(
  commands: readonly CompletedCommand[],
): ReadonlyMap<string, readonly CompletedWord[]> {
  const verbs = new Map<string, CompletedWord[]>();
  for (const { name, summary } of commands) {
    const [noun = "", word] = name.split(" ");
    if (word !== undefined) verbs.set(noun, [...(verbs.get(noun) ?? []), { word, summary }]);
  }
  return verbs;
}

const helpOption: CompletedOption = {
  names: ["--help"],
  description: "show help",
  takesValue: false,
  choices: [],
};

function completed(option: Option): CompletedOption {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: option.description,
    takesValue: option.required || option.optional,
    choices: option.argChoices ?? [],
  };
}
