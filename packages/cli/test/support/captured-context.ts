import { Readable } from "node:stream";
import { systemClock, systemTimers } from "@aloha/runtime/time";
import type { CommandContext, CommandStream } from "../../src/command-context.ts";
import { createPaint } from "../../src/output/paint.ts";
import { runCommandLine } from "../../src/run-command-line.ts";

/** A context that keeps what is written and can be interrupted. */
export interface CapturedContext extends CommandContext {
  readonly out: () => string;
  readonly err: () => string;
  interrupt(signal?: "SIGINT" | "SIGTERM"): void;
}

export interface CaptureOptions {
  readonly environment?: Readonly<Record<string, string>>;
  readonly workingDirectory?: string;
  readonly stdin?: string;
  readonly now?: number;
  readonly isTerminal?: boolean;
}

export function capturedContext(options: CaptureOptions = {}): CapturedContext {
  const stdout = capturedStream(options.isTerminal === true);
  const stderr = capturedStream(options.isTerminal === true);
  const listeners = new Set<(count: number, signal: "SIGINT" | "SIGTERM") => void>();
  let count = 0;
  return {
    stdout,
    stderr,
    out: stdout.text,
    err: stderr.text,
    environment: options.environment ?? {},
    workingDirectory: options.workingDirectory ?? process.cwd(),
    clock:
      options.now === undefined
        ? systemClock()
        : { ...systemClock(), wallMs: () => options.now ?? 0 },
    timers: systemTimers,
    openStdin: () => Readable.from([Buffer.from(options.stdin ?? "")]),
    onInterrupt(listener) {
      listeners.add(listener);
      return { [Symbol.dispose]: () => void listeners.delete(listener) };
    },
    interrupt(signal = "SIGINT") {
      count++;
      for (const listener of listeners) listener(count, signal);
    },
  };
}

export interface CommandResult {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs one command line to its end, in this process. */
export async function runCaptured(
  argv: readonly string[],
  options: CaptureOptions = {},
): Promise<CommandResult> {
  const context = capturedContext(options);
  const exitCode = await runCommandLine(argv, context);
  return { exitCode, out: context.out(), err: context.err() };
}

function capturedStream(isTerminal: boolean): CommandStream & { readonly text: () => string } {
  const pieces: Buffer[] = [];
  return {
    isTerminal,
    closed: false,
    paint: createPaint(false),
    text: () => Buffer.concat(pieces).toString("utf8"),
    write(data) {
      pieces.push(Buffer.from(data));
      return Promise.resolve();
    },
  };
}
