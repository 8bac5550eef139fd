import type { OverviewView } from "@aloha/api";
import type { CommandContext } from "../command-context.ts";
import { formatCores, formatMemory } from "./format-amount.ts";
import { printable } from "./printable.ts";
import { renderFields } from "./render-table.ts";

/** The page of `aloha status` without an id. */
export function clusterPage(
  context: CommandContext,
  master: string,
  overview: OverviewView,
): string {
  const { cores, memoryMiB } = overview;
  return renderFields(context.stdout, [
    ["master", printable(master)],
    ["state", context.stdout.paint.state(printable(overview.state))],
    ["cluster", printable(`${overview.clusterId}, epoch ${overview.epoch}`)],
    ["applications", counts(overview.applications, "none is live")],
    ["waiting", String(overview.waiting)],
    ["workers", counts(overview.workers, "none: start one with `aloha worker aloha://HOST:PORT`")],
    ["cores", `${formatCores(cores.used * 1000)} of ${formatCores(cores.total * 1000)} in use`],
    ["memory", `${formatMemory(memoryMiB.used)} of ${formatMemory(memoryMiB.total)} in use`],
  ]);
}

function counts(byName: Readonly<Record<string, number>>, none: string): string {
  const texts = Object.entries(byName)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${printable(name)}`);
  return texts.length === 0 ? none : texts.join(", ");
}
