import { spawn, type ChildProcess } from "node:child_process";
import { constants } from "node:os";
import { AbstractApplication } from "./abstract-application.ts";
import { ExitState } from "./exit-state.ts";

/** A program and its arguments, run without a shell; or with what it needs besides. */
export type ProcessCommand =
  | readonly [program: string, ...args: string[]]
  | {
      readonly argv: readonly [program: string, ...args: string[]];
      /** Added to the environment of the application. */
      readonly environment?: Readonly<Record<string, string>>;
      /** The application's own directory by default. */
      readonly workingDirectory?: string;
    };

/**
 * An application that is another program: it needs only the command. The end of the program is the
 * end of the application, its output is the application's, and it is asked to stop with SIGTERM.
 *
 *     export class Train extends ApplicationWithProcess {
 *       command() {
 *         return ["python3", "-m", "train", "--epochs", this.description.labels.epochs ?? "10"] as const;
 *       }
 *     }
 */
export abstract class ApplicationWithProcess extends AbstractApplication {
  #child: ChildProcess | null = null;

  /** What to run. Called once, by `start()`. What it throws is the application's failure. */
  abstract command(): ProcessCommand | Promise<ProcessCommand>;

  async start(): Promise<ExitState> {
    const command = await this.command();
    const { argv, environment, workingDirectory } = "argv" in command ? command : { argv: command };
    const [program, ...args] = argv;
    if (this.signal.aborted)
      return ExitState.failed("It was stopped before its program was started.");
    const inherits = this.output.isProcessOutput;
    const child = spawn(program, args, {
      cwd: workingDirectory ?? this.applicationDir,
      env: { ...process.env, ...environment },
      stdio: ["ignore", inherits ? "inherit" : "pipe", inherits ? "inherit" : "pipe"],
    });
    this.#child = child;
    child.stdout?.on("data", (bytes: Buffer) => this.output.stdout(bytes));
    child.stderr?.on("data", (bytes: Buffer) => this.output.stderr(bytes));
    return new Promise<ExitState>((resolve) => {
      child.once("error", (error) =>
        resolve(ExitState.failed(`${program} could not be started: ${error.message}`)),
      );
      // `close` follows `exit` when the output was read to its end.
      child.once("close", (code, signal) => {
        if (child.pid !== undefined) resolve(this.exitState(code, signal));
      });
    });
  }

  /** Asks the program to stop with SIGTERM. */
  override shutdown(reason: string | null): void {
    super.shutdown(reason);
    this.#child?.kill("SIGTERM");
  }

  /**
   * What the end of the program means: by default exit code 0 is FINISHED, and everything else is
   * FAILED with that code, or with 128 + n for the signal number n as shells have it.
   */
  exitState(code: number | null, signal: NodeJS.Signals | null): ExitState {
    if (code === 0) return ExitState.finished();
    if (code !== null) return ExitState.failed(`its program ended with exit code ${code}`, code);
    const number = signal === null ? 0 : constants.signals[signal];
    return ExitState.failed(`its program was ended by ${signal ?? "a signal"}`, 128 + number);
  }
}
