import { descriptionDefaults } from "@aloha/core";
import type { ApplicationDescription } from "@aloha/core";
import type { Dice } from "../world/dice.ts";
import { encodeScript } from "../world/script.ts";
import type { Script } from "../world/script.ts";

/** Longer than any lease, so that some outlive every kind of outage. */
const runMsMax = 300_000;

/** Longer than any run: it ends only if it is killed. */
const endlessMs = 10 * 86_400_000;

/** Below what the margin leaves for a tree to vanish after its fence. */
const dieMsMax = 3_000;

/** The least that a worker of the simulation offers: nothing asks for more, so that everything is feasible. */
export const largestApplication: {
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly gpus: number;
} = {
  milliCores: 4_000,
  memoryMiB: 8_192,
  gpus: 2,
};

/** Few, so that they are taken often. */
const keysMax = 3;

/** A server, which runs until somebody kills it. */
export function drawServer(
  dice: Dice,
  name: string,
  labels: Readonly<Record<string, string>>,
): ApplicationDescription {
  const args = encodeScript({ ...drawScript(dice), runMs: endlessMs });
  return {
    ...drawApplication(dice, name, labels),
    args,
    milliCores: 250,
    memoryMiB: 256,
    timeoutMs: null,
    waitTimeoutMs: null,
    deadlineMs: null,
    key: null,
    health: null,
  };
}

/** An application of any kind that users submit: short or long, well-behaved or not, under every policy. */
export function drawApplication(
  dice: Dice,
  name: string,
  labels: Readonly<Record<string, string>>,
): ApplicationDescription {
  const supervise = dice.chance(0.4);
  const isFenced = dice.chance(supervise ? 0.8 : 0.2);
  const isBig = dice.chance(0.05);
  return {
    ...descriptionDefaults(),
    name,
    args: encodeScript(drawScript(dice)),
    milliCores: isBig ? largestApplication.milliCores : dice.pick([250, 500, 1_000, 2_000]),
    memoryMiB: isBig ? largestApplication.memoryMiB : dice.pick([256, 512, 1_024, 4_096]),
    resources: dice.chance(0.1) ? { gpu: dice.integer(1, largestApplication.gpus) } : {},
    supervise,
    restart: {
      on: dice.chance(0.3)
        ? dice.pick([["failure"], ["timeout"], ["failure", "timeout", "oom"]])
        : [],
      maxAttempts: dice.integer(1, 3),
      windowMs: 3_600_000,
      backoffInitialMs: dice.integer(0, 5_000),
      backoffMaxMs: 30_000,
    },
    onDisconnect: isFenced ? "fence" : "keep",
    deadlineMs: dice.chance(0.1) ? dice.integer(10_000, 300_000) : null,
    waitTimeoutMs: dice.chance(0.1) ? dice.integer(5_000, 120_000) : null,
    key: dice.chance(0.15) ? `key-${dice.integer(1, keysMax)}` : null,
    health: dice.chance(0.1)
      ? {
          probe: { kind: "silence" },
          intervalMs: dice.integer(1_000, 20_000),
          failures: dice.integer(1, 3),
          action: dice.pick(["alert", "restart"]),
        }
      : null,
    onConflict: dice.pick(["reject", "queue", "queue", "replace"]),
    timeoutMs: dice.chance(0.2) ? dice.integer(5_000, 120_000) : null,
    stop: { signal: "SIGTERM", graceMs: dice.pick([0, 2_000, 10_000, 30_000]) },
    labels,
    logs: { segmentBytes: 1_048_576, keep: 1, compress: false },
  };
}

function drawScript(dice: Dice): Script {
  const meanMs = dice.pick([2_000, 20_000, 90_000, 300_000]);
  return {
    runMs: Math.round(Math.min(runMsMax, dice.exponential(meanMs))),
    exitCode: dice.chance(0.8) ? 0 : dice.integer(1, 3),
    onTerm: dice.pick(["die", "die", "die", "exit-0", "ignore"]),
    daemonMs: dice.chance(0.15) ? dice.integer(10, 30_000) : 0,
    dieMs: dice.chance(0.8) ? 50 : dice.integer(50, dieMsMax),
  };
}
