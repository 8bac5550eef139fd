import { spawn } from "node:child_process";
import { root } from "./run.mjs";

const FORWARDED = ["SIGINT", "SIGTERM", "SIGHUP"];

/** A package manager forwards what the terminal has already sent: the same signal within this time is one. */
const SAME_SIGNAL_MS = 300;

/**
 * Runs a command in place of this process, as far as Node can: it has our terminal, gets each signal
 * once, and this process ends as it does, with its exit code or by its signal.
 * @param {string} command
 * @param {readonly string[]} args
 */
export function runInForeground(command, args) {
  // On a terminal Ctrl-C goes to the whole foreground group, the child included, so it must not be sent
  // again. Without one the child gets a group of its own, and every signal comes through here.
  const onTerminal = process.stdin.isTTY === true;
  const child = spawn(command, args, { cwd: root, stdio: "inherit", detached: !onTerminal });
  const lastSentMs = new Map();
  for (const signal of FORWARDED) {
    process.on(signal, () => {
      if (onTerminal && signal === "SIGINT") return;
      const nowMs = performance.now();
      if (nowMs - (lastSentMs.get(signal) ?? -Infinity) < SAME_SIGNAL_MS) return;
      lastSentMs.set(signal, nowMs);
      child.kill(signal);
    });
  }
  child.once("error", (error) => {
    process.stderr.write(`Cannot start ${command}: ${error.message}\n`);
    process.exit(1);
  });
  child.once("exit", (code, signal) => {
    if (signal === null) process.exit(code ?? 1);
    for (const forwarded of FORWARDED) process.removeAllListeners(forwarded);
    process.kill(process.pid, signal);
  });
}
