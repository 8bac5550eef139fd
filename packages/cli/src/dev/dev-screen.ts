import type { CommandContext } from "../command-context.ts";
import { formatSeconds } from "../output/format-age.ts";
import { printable } from "../output/printable.ts";

/** What `aloha dev` says of itself: one line for each thing that happens. */
export interface DevScreen {
  /** A part of the cluster is ready. */
  ready(part: string, startupMs: number, detail: string): void;
  /** Something else that is worth a line. */
  say(part: string, message: string): void;
  /** Several lines as they are. */
  text(text: string): void;
}

const partWidth = 9;

export function devScreen(context: CommandContext): DevScreen {
  const { paint } = context.stdout;
  const line = (part: string, message: string): void => {
    void context.stdout.write(`${paint.bold(part.padEnd(partWidth))} ${message}\n`);
  };
  return {
    ready: (part, startupMs, detail) =>
      line(part, `ready in ${formatSeconds(startupMs)}  ${printable(detail)}`),
    say: (part, message) => line(part, printable(message)),
    text: (text) => void context.stdout.write(text),
  };
}
