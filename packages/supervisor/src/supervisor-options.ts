import { mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { AlohaError } from "@aloha/core";
import { containmentModes } from "./containment/detect-containment.ts";
import { defaultSupervisorLimits } from "./core/index.ts";
import { supervisorSocketPath } from "./socket/socket-path.ts";
import { spawnerModes } from "./spawn/choose-agent.ts";
import type { SupervisorOptions } from "./start-supervisor.ts";

/**
 * `--dir <state directory> [--socket <path>] [--containment auto|cgroup2|freezer|group]
 * [--cgroup-root <directory>] [--no-resource-limits] [--idle-exit-ms <n>] [--live-max <n>]
 * [--host-idle-ms <n>] [--host-kill-timeout-ms <n>]`
 *
 * Makes the state directory, whose real path the socket is named for. Throws AlohaError (`invalid-argument`).
 */
export function parseSupervisorOptions(args: readonly string[]): SupervisorOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      dir: { type: "string" },
      socket: { type: "string" },
      containment: { type: "string", default: "auto" },
      "cgroup-root": { type: "string" },
      "no-resource-limits": { type: "boolean", default: false },
      "idle-exit-ms": { type: "string" },
      "live-max": { type: "string" },
      spawner: { type: "string", default: "auto" },
      "host-idle-ms": { type: "string" },
      "host-kill-timeout-ms": { type: "string" },
    },
  });
  if (values.dir === undefined)
    throw new AlohaError("invalid-argument", "--dir <state directory> is missing.");
  const directory = resolve(values.dir);
  mkdirSync(directory, { recursive: true, mode: 0o750 });
  const containment = containmentModes.find((mode) => mode === values.containment);
  if (containment === undefined) {
    throw new AlohaError(
      "invalid-argument",
      `--containment takes ${containmentModes.join(", ")}, not ${values.containment}.`,
    );
  }
  const spawner = spawnerModes.find((mode) => mode === values.spawner);
  if (spawner === undefined) {
    throw new AlohaError(
      "invalid-argument",
      `--spawner takes ${spawnerModes.join(", ")}, not ${values.spawner}.`,
    );
  }
  return {
    directory,
    spawner,
    socketPath: values.socket ?? supervisorSocketPath(directory),
    containment,
    cgroupRoot: values["cgroup-root"] ?? null,
    resourceLimits: !values["no-resource-limits"],
    limits: {
      ...defaultSupervisorLimits,
      idleExitMs: toCount(
        "--idle-exit-ms",
        values["idle-exit-ms"],
        defaultSupervisorLimits.idleExitMs,
      ),
      hostIdleMs: toCount(
        "--host-idle-ms",
        values["host-idle-ms"],
        defaultSupervisorLimits.hostIdleMs,
      ),
      hostKillTimeoutMs: toCount(
        "--host-kill-timeout-ms",
        values["host-kill-timeout-ms"],
        defaultSupervisorLimits.hostKillTimeoutMs,
      ),
      liveMax: toCount("--live-max", values["live-max"], defaultSupervisorLimits.liveMax),
    },
  };
}

function toCount(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new AlohaError("invalid-argument", `${option} takes a whole number, not ${text}.`);
}
