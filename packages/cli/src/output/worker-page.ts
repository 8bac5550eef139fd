import type { Worker } from "@aloha/api";
import { outputFormat } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandContext } from "../command-context.ts";
import { moment } from "./application-page.ts";
import { formatAge } from "./format-age.ts";
import { formatCores, formatMemory } from "./format-amount.ts";
import { printable } from "./printable.ts";
import { renderFields } from "./render-table.ts";
import { resourcesText } from "./resources-text.ts";
import { writeJson } from "./write-json.ts";

/** What every command about one worker ends with: the worker as it is then. */
export async function writeWorker(
  context: CommandContext,
  options: ClientOptions,
  worker: Worker,
): Promise<void> {
  if (outputFormat(options) === "json") await writeJson(context, worker);
  else await context.stdout.write(workerPage(context, worker));
}

function workerPage(context: CommandContext, worker: Worker): string {
  const resources = resourcesText(worker.resources, worker.usedResources);
  return renderFields(context.stdout, [
    ["id", printable(worker.id)],
    ["state", context.stdout.paint.state(printable(worker.mode))],
    ...drainFields(context, worker),
    ["address", printable(`${worker.host}:${worker.port}`)],
    ["cores", `${formatCores(worker.usedCores * 1000)} of ${formatCores(worker.cores * 1000)}`],
    ["memory", `${formatMemory(worker.usedMemoryMiB)} of ${formatMemory(worker.memoryMiB)}`],
    ...(resources === null ? [] : [["resources", printable(resources)] as const]),
    ["attempts", String(worker.attempts)],
    ...(worker.quarantined.length === 0
      ? []
      : [["unknown attempts", printable(worker.quarantined.join(" "))] as const]),
    ["labels", labelsText(worker)],
    ["heard", worker.heardMsAgo === null ? "never" : `${formatAge(worker.heardMsAgo)} ago`],
    ["kills", worker.containment === "cgroup" ? "verified" : "best-effort"],
    ["registered", moment(context, worker.registeredAtMs)],
    ["version", printable(worker.softwareVersion)],
  ]);
}

function drainFields(
  context: CommandContext,
  { drain }: Worker,
): readonly (readonly [string, string])[] {
  if (drain === null) return [];
  const because = drain.reason === "" ? "" : `: ${printable(drain.reason)}`;
  const fields = [["drained", `${moment(context, drain.atMs)}${because}`] as const];
  if (drain.deadlineAtMs === null) return fields;
  const leftMs = drain.deadlineAtMs - context.clock.wallMs();
  return [...fields, ["work stops", leftMs > 0 ? `in ${formatAge(leftMs)}` : "now"]];
}

function labelsText({ labels }: Worker): string {
  const texts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? "none" : printable(texts.join(" "));
}
