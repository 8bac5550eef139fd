import { startChild, type Child, type ChildOptions, type ChildResult } from "./child.ts";
import { alohaScript } from "./repository.ts";

/** Runs `aloha` from what was built, to its end. */
export function aloha(args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  return startAloha(args, options).result;
}

export function startAloha(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, [alohaScript, ...args], options);
}

/** Runs the real curl, quietly. */
export function curl(args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  return startChild("curl", ["--silent", "--show-error", "--max-time", "20", ...args], options).result;
}
