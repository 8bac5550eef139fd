import { printable } from "./printable.ts";

const plainWord = /^[\w@%+=:,./-]+$/;

/** What runs, on one line: an argv as one would type it, a script without the line break at its end. */
export function commandText(args: string | readonly string[]): string {
  return printable(typeof args === "string" ? args.trimEnd() : args.map(shellWord).join(" "));
}

function shellWord(word: string): string {
  return plainWord.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
