import { join } from "node:path";
import { parseAttemptKey } from "@aloha/core";
import type { WorkerEffect, WorkerInput } from "@aloha/core";
import type { Runtime } from "@aloha/runtime";
import { commandEnvironment } from "../command-environment.ts";
import { findMeans } from "../find-means.ts";
import type { PrepareOptions } from "../prepare-command.ts";
import { probeExec } from "./probe-exec.ts";
import { probeHttp } from "./probe-http.ts";
import { probeSilence } from "./probe-silence.ts";

/** Whether what was checked works, and what was found. */
export interface Verdict {
  readonly healthy: boolean;
  readonly message: string;
}

export type HealthRuntime = Pick<Runtime, "clock" | "timers">;

type Check = Extract<WorkerEffect, { readonly kind: "check-health" }>;

/** Checks under way at one time: they must not take the worker that they are about. */
const checksMax = 16;
const messageLengthMax = 1_000;

/** Looks whether attempts still work, a bounded number at a time, the rest in the order in which they came. */
export class HealthChecker {
  readonly #surroundings: PrepareOptions;
  readonly #runtime: HealthRuntime;
  readonly #answer: (input: WorkerInput) => void;
  /** One for each running attempt at most. */
  readonly #waiting: Check[] = [];
  #underWay = 0;

  constructor(
    surroundings: PrepareOptions,
    runtime: HealthRuntime,
    answer: (input: WorkerInput) => void,
  ) {
    this.#surroundings = surroundings;
    this.#runtime = runtime;
    this.#answer = answer;
  }

  /** Answered by `health-checked`, whatever happens. */
  check(check: Check): void {
    this.#waiting.push(check);
    if (this.#underWay < checksMax) void this.#work();
  }

  async #work(): Promise<void> {
    this.#underWay++;
    for (let check = this.#waiting.shift(); check !== undefined; check = this.#waiting.shift()) {
      const { healthy, message } = await this.#look(check);
      const text = message.slice(0, messageLengthMax);
      this.#answer({ kind: "health-checked", attempt: check.attempt, healthy, message: text });
    }
    this.#underWay--;
  }

  /** What cannot be looked at does not count as healthy: it is said why. */
  async #look(check: Check): Promise<Verdict> {
    try {
      return await this.#probe(check);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return { healthy: false, message: `the check could not be made: ${reason}` };
    }
  }

  async #probe(check: Check): Promise<Verdict> {
    const { attempt, description, probe, startedAtMs, intervalMs, timeoutMs } = check;
    const { clock, timers } = this.#runtime;
    const parts = parseAttemptKey(attempt);
    if (parts === undefined) return { healthy: false, message: `${attempt} names no attempt` };
    const directory = join(this.#surroundings.workPath, parts.appId);
    switch (probe.kind) {
      case "http":
        return probeHttp(probe.url, timeoutMs, timers);
      case "silence":
        return probeSilence(directory, intervalMs, startedAtMs, clock.wallMs());
      case "exec": {
        const means = await findMeans(description, this.#surroundings);
        if (means.kind === "failed") return { healthy: false, message: means.message };
        const { workerId, environment } = this.#surroundings;
        const { account, libs } = means;
        const surroundings = { workerId, environment, account, libs };
        const resolved = commandEnvironment(attempt, parts, description, surroundings);
        if (resolved.kind === "missing") return { healthy: false, message: resolved.message };
        return probeExec(probe.command, {
          directory,
          environment: resolved.environment,
          account,
          timeoutMs,
          timers,
        });
      }
    }
  }
}
