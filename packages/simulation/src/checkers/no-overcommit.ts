/**
 * P8, and placement. What is placed on a worker, by the store, and what has processes on it, by the
 * kernel, each fit into what it offers.
 */
import type { ApplicationDescription, ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import {
  attemptName,
  attemptOf,
  committedApplications,
  mayLive,
} from "./committed-applications.ts";

interface Amounts {
  readonly milliCores: number;
  readonly memoryMiB: number;
  readonly gpus: number;
}

export function noOvercommit(): Checker {
  const offers = new Map<string, Amounts>();
  const needs = new Map<string, Amounts>();
  const placed = new Map<string, string>();
  const live = new Map<string, string>();

  function excess(on: ReadonlyMap<string, string>, workerId: string): string | undefined {
    const offer = offers.get(workerId);
    let milliCores = 0;
    let memoryMiB = 0;
    let gpus = 0;
    for (const [name, where] of on) {
      if (where !== workerId) continue;
      const need = needs.get(name.slice(0, name.lastIndexOf("/")));
      milliCores += need?.milliCores ?? 0;
      memoryMiB += need?.memoryMiB ?? 0;
      gpus += need?.gpus ?? 0;
    }
    if (offer === undefined) return `${workerId}, which offers nothing`;
    const fits =
      milliCores <= offer.milliCores && memoryMiB <= offer.memoryMiB && gpus <= offer.gpus;
    if (fits) return undefined;
    return `${workerId}: ${milliCores} of ${offer.milliCores} millicores, ${memoryMiB} of ${offer.memoryMiB} MiB, ${gpus} of ${offer.gpus} gpus`;
  }

  /** The workers on which attempts of this record are new. */
  function take(record: ApplicationRecord): readonly string[] {
    const grown: string[] = [];
    for (const attempt of record.attempts) {
      const name = attemptName(record.id, attempt.number);
      if (!mayLive(attempt)) placed.delete(name);
      else if (!placed.has(name)) {
        placed.set(name, attempt.workerId);
        grown.push(attempt.workerId);
      }
    }
    return grown;
  }

  return {
    name: "no-overcommit",
    observe(observation) {
      switch (observation.kind) {
        case "worker-offers":
          offers.set(observation.workerId, observation);
          return undefined;
        case "tree-started": {
          live.set(attemptOf(observation.attempt).name, observation.hostName);
          const tooMuch = excess(live, observation.hostName);
          return tooMuch === undefined ? undefined : `processes exceed ${tooMuch}`;
        }
        case "tree-gone":
          live.delete(attemptOf(observation.attempt).name);
          return undefined;
        case "committed": {
          for (const change of observation.changes) {
            if (change.kind === "description")
              needs.set(change.appId, amountsOf(change.description));
          }
          const grown = new Set(committedApplications(observation).flatMap(take));
          for (const workerId of grown) {
            const tooMuch = excess(placed, workerId);
            if (tooMuch !== undefined) return `placements exceed ${tooMuch}`;
          }
          return undefined;
        }
        default:
          return undefined;
      }
    },
  };
}

function amountsOf({ milliCores, memoryMiB, resources }: ApplicationDescription): Amounts {
  return { milliCores, memoryMiB, gpus: resources["gpu"] ?? 0 };
}
