import type { Worker } from "@aloha/api";
import type { CommandContext } from "../command-context.ts";
import { formatAge } from "./format-age.ts";
import { formatCores, formatMemory } from "./format-amount.ts";
import { resourcesText } from "./resources-text.ts";
import { printable } from "./printable.ts";
import { renderTable } from "./render-table.ts";

/** The table of `aloha workers`. */
export function workerTable(context: CommandContext, workers: readonly Worker[]): Promise<string> {
  const isExtended = workers.some(({ resources }) => Object.keys(resources).length > 0);
  return renderTable(
    context.stdout,
    [
      { title: "WORKER" },
      { title: "STATE" },
      { title: "ADDRESS" },
      { title: "CORES", align: "right" },
      { title: "MEMORY", align: "right" },
      ...(isExtended ? [{ title: "RESOURCES" }] : []),
      { title: "ATTEMPTS", align: "right" },
      { title: "HEARD", align: "right" },
      { title: "KILLS" },
      { title: "VERSION" },
    ],
    workers.map((worker) => [
      printable(worker.id),
      context.stdout.paint.state(printable(worker.mode)),
      printable(`${worker.host}:${worker.port}`),
      `${formatCores(worker.usedCores * 1000)}/${formatCores(worker.cores * 1000)}`,
      `${formatMemory(worker.usedMemoryMiB)}/${formatMemory(worker.memoryMiB)}`,
      ...(isExtended
        ? [printable(resourcesText(worker.resources, worker.usedResources) ?? "")]
        : []),
      worker.quarantined.length === 0
        ? String(worker.attempts)
        : `${worker.attempts} (+${worker.quarantined.length} unknown)`,
      worker.heardMsAgo === null ? "never" : `${formatAge(worker.heardMsAgo)} ago`,
      worker.containment === "cgroup" ? "verified" : "best-effort",
      printable(worker.softwareVersion),
    ]),
  );
}
