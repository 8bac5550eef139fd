import type { ApplicationDescription } from "@aloha/core";
import type { AlohaConf } from "./aloha-conf.ts";
import type { ExitState } from "./exit-state.ts";

export type { ApplicationDescription };

/**
 * A type of application: code that a worker runs. A module in one of the `libs` of a description
 * exports a class that implements this, and `entryPoint: module#Class` names it.
 *
 * For each attempt an object is made with `new Class()`, told what it has to know by the three
 * `with` methods, and started. It has ended when the promise of `start()` is settled:
 *
 *     constructor -> withDescription, withApplicationDir, withAlohaConf -> start() -> clean()
 *                                                                            ^
 *                                                     shutdown(reason), at most once
 *
 * Most applications extend `AbstractApplication`, which leaves `start()` alone to be written, or
 * `ApplicationWithProcess`, which asks for nothing but a command.
 *
 * It runs in a Node process that is not the worker's (an application host), by default in one of
 * its own. Whatever goes wrong ends the application with a message: an exception in any of these
 * methods, a rejection, an exception that nobody catches, a promise that cannot settle any more.
 */
export interface Application {
  /**
   * Runs the application. Its end is the end of the promise: resolved with what `ExitState.finished()`
   * or `ExitState.failed()` gives. A rejection is a failure with exit code 1.
   */
  start(): Promise<ExitState>;

  /**
   * Asks it to end, when it is to be stopped, has reached its time limit, or its worker has lost every
   * master. Once `start()` is settled it has ended. What has not ended after `stop.grace` (10 s by default) is killed.
   *
   * @param reason why, for people; null if nobody said.
   */
  shutdown(reason: string | null): void;

  /** Tells it what was submitted. Returns the application to use from then on, which is `this` as a rule. */
  withDescription(description: ApplicationDescription): Application;

  /**
   * Tells it the path of its own directory, in which its output also is. The directory stays until
   * the worker cleans up. With `isolation: shared` it does not exist until something is written to
   * the output: make it before you write files there (`AbstractApplication` does).
   */
  withApplicationDir(path: string): Application;

  /** Tells it the worker's `aloha.x.*` settings. */
  withAlohaConf(conf: AlohaConf): Application;

  /**
   * Called after the end, whatever it was, unless the process was killed: removes what it leaves
   * behind. A failure is written to stderr and changes nothing; a promise is waited for 10 s.
   */
  clean(): void | Promise<void>;
}
