import { startChild, type Child, type ChildOptions, type ChildResult } from "./child.ts";
import { alohaScript } from "./repository.ts";

/** A command that does not end by itself, though its test expects that, must not outlive it. */
const endWithinMs = 45_000;

/** Runs `aloha` from what was built, to its end. */
export function aloha(args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  return untilEnded(startAloha(args, options));
}

export function startAloha(args: readonly string[], options: ChildOptions = {}): Child {
  return startChild(process.execPath, [alohaScript, ...args], options);
}

/** Runs the real curl, quietly. */
export function curl(args: readonly string[], options: ChildOptions = {}): Promise<ChildResult> {
  return startChild("curl", ["--silent", "--show-error", "--max-time", "20", ...args], options)
    .result;
}

async function untilEnded(child: Child): Promise<ChildResult> {
  const timer = setTimeout(() => child.kill("SIGKILL"), endWithinMs);
  try {
    return await child.result;
  } finally {
    clearTimeout(timer);
  }
}
