import type { ApplicationSummary } from "@aloha/api";
import type { CommandContext } from "../command-context.ts";
import { formatAge } from "./format-age.ts";
import { formatCores, formatMemory } from "./format-amount.ts";
import { printable } from "./printable.ts";
import { renderTable } from "./render-table.ts";

/** The table of `aloha ps`. */
export function applicationTable(
  context: CommandContext,
  applications: readonly ApplicationSummary[],
): Promise<string> {
  const now = context.clock.wallMs();
  return renderTable(
    context.stdout,
    [
      { title: "ID" },
      { title: "NAME" },
      { title: "STATE" },
      { title: "CORES", align: "right" },
      { title: "MEMORY", align: "right" },
      { title: "AGE", align: "right" },
      { title: "RAN", align: "right" },
      { title: "END" },
    ],
    applications.map((application) => [
      printable(application.id),
      printable(application.name),
      context.stdout.paint.state(printable(application.state)),
      formatCores(application.cores * 1000),
      formatMemory(application.memoryMiB),
      formatAge(now - application.submittedAtMs),
      formatRun(application, now),
      application.end === null ? "" : printable(formatEnd(application.end)),
    ]),
  );
}

/** How long its newest attempt has run, or ran. */
function formatRun(application: ApplicationSummary, now: number): string {
  if (application.startedAtMs === null) return "";
  return formatAge((application.end?.endedAtMs ?? now) - application.startedAtMs);
}

/** An end in a few words: `completed`, `exit code 3`, `signal SIGKILL`, `out-of-memory`. */
function formatEnd(end: NonNullable<ApplicationSummary["end"]>): string {
  if (end.reason === "exit-code" && end.exitCode !== null) return `exit code ${end.exitCode}`;
  if (end.reason === "signal" && end.signal !== null) return `signal ${end.signal}`;
  return end.reason;
}
