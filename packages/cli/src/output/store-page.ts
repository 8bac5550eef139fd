import type { StoreReport } from "@aloha/master/store";
import type { CommandContext } from "../command-context.ts";
import { renderFields } from "./render-table.ts";

/** What a store holds, for people. */
export function storePage(context: CommandContext, file: string, report: StoreReport): string {
  return renderFields(context.stdout, [
    ["file", file],
    ["cluster", report.clusterId],
    ["format", String(report.formatVersion)],
    ["epoch", String(report.epoch)],
    ["applications", `${report.live} live, ${report.ended} ended`],
    ["workers", String(report.workers)],
    ["events", `${report.events}, the newest is ${report.newestEvent}`],
  ]);
}
