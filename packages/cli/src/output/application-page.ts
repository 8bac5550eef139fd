import type { Application, Attempt } from "@aloha/api";
import type { CommandContext } from "../command-context.ts";
import { commandText } from "./command-text.ts";
import { endText } from "./end-text.ts";
import { formatAge, formatTime } from "./format-age.ts";
import { formatCores, formatMemory } from "./format-amount.ts";
import { logsText } from "./logs-text.ts";
import { resourcesText } from "./resources-text.ts";
import { printable } from "./printable.ts";
import { renderFields, renderTable } from "./render-table.ts";

/** The page of `aloha status ID`. `waits`: why it does not run, where that is known. */
export async function applicationPage(
  context: CommandContext,
  application: Application,
  waits: string | null,
): Promise<string> {
  const { args } = application.description;
  const fields = renderFields(context.stdout, [
    ["id", printable(application.id)],
    ["name", printable(application.name)],
    ["state", context.stdout.paint.state(printable(application.state))],
    ...optional("waits", waits),
    ...endFields(application),
    ...optional("health", healthText(context, application)),
    ...optional("description", application.description.description || null),
    ["type", printable(application.entryPoint)],
    [argsName(application), commandText(args)],
    ["cores", formatCores(application.cores * 1000)],
    ["memory", formatMemory(application.memoryMiB)],
    ...optional("resources", resourcesText(application.description.resources)),
    ["submitted", moment(context, application.submittedAtMs)],
    ...optional("worker", application.workerId),
    ...optional("namespace", application.namespace === "default" ? null : application.namespace),
    ...optional("user", application.description.user),
    ...optional("key", application.key),
    ...optional("rerun of", application.rerunOf),
    ...optional("options", optionsText(application)),
    ...optional("labels", labelsOf(application)),
    ...optional("output", logsText(application.logs)),
    ...limitFields(context, application),
    ...waitFields(context, application),
  ]);
  if (application.attempts.length === 0) return fields;
  return `${fields}\n${await attemptTable(context, application.attempts)}`;
}

/** What `args` are to the type of the application. */
function argsName({ entryPoint, description }: Application): string {
  if (entryPoint !== "shell") return "args";
  return typeof description.args === "string" ? "script" : "command";
}

/** A moment and how long ago it was. */
export function moment(context: CommandContext, wallMs: number): string {
  return `${formatTime(wallMs)} (${formatAge(context.clock.wallMs() - wallMs)} ago)`;
}

function endFields(application: Application): readonly (readonly [string, string])[] {
  const { end } = application;
  if (end === null) return [];
  return [
    ["reason", [printable(end.reason), endText(end)].filter((text) => text !== "").join(": ")],
    ...optional("exit code", end.exitCode === null ? null : String(end.exitCode)),
    ...optional("signal", end.signal),
    ...(end.tree === "best-effort"
      ? [
          [
            "processes",
            application.description.isolation === "shared"
              ? "none of its own (isolation shared: what it left running goes on in its host)"
              : "gone as far as can be seen (no cgroup: a daemon that left its session may have been missed)",
          ] as const,
        ]
      : []),
  ];
}

function waitFields(
  context: CommandContext,
  application: Application,
): readonly (readonly [string, string])[] {
  const { killRequest, notBeforeMs } = application;
  return [
    ...(killRequest === null
      ? []
      : [
          [
            "kill asked",
            `${moment(context, killRequest.atMs)}${because(killRequest.reason)}`,
          ] as const,
        ]),
    ...(notBeforeMs === null || notBeforeMs <= context.clock.wallMs()
      ? []
      : [["next attempt", `in ${formatAge(notBeforeMs - context.clock.wallMs())}`] as const]),
  ];
}

/** What of its limits still lies ahead. */
function limitFields(
  context: CommandContext,
  application: Application,
): readonly (readonly [string, string])[] {
  if (application.end !== null) return [];
  const { waitTimeoutMs, deadlineMs } = application.description;
  const { submittedAtMs, startedAtMs } = application;
  const limit = (name: string, limitMs: number | null): readonly (readonly [string, string])[] => {
    if (limitMs === null) return [];
    const leftMs = Math.max(0, submittedAtMs + limitMs - context.clock.wallMs());
    return [[name, `in ${formatAge(leftMs)}`]];
  };
  return [
    ...(startedAtMs === null ? limit("gives up", waitTimeoutMs) : []),
    ...limit("deadline", deadlineMs),
  ];
}

/** What the health check of the attempt that runs says, where it has said something. */
function healthText(context: CommandContext, application: Application): string | null {
  const health = application.end === null ? application.attempts.at(-1)?.health : undefined;
  if (health === undefined) return null;
  const age = formatAge(context.clock.wallMs() - health.sinceMs);
  return `${health.healthy ? "healthy" : "unhealthy"} for ${age}: ${health.message}`;
}

function because(reason: string): string {
  return reason === "" ? "" : `: ${printable(reason)}`;
}

function attemptTable(context: CommandContext, attempts: readonly Attempt[]): Promise<string> {
  const now = context.clock.wallMs();
  return renderTable(
    context.stdout,
    [
      { title: "ATTEMPT", align: "right" },
      { title: "PHASE" },
      { title: "WORKER" },
      { title: "PID", align: "right" },
      { title: "WAITED", align: "right" },
      { title: "RAN", align: "right" },
      { title: "OUTCOME" },
    ],
    attempts.map((attempt) => [
      String(attempt.number),
      printable(attempt.phase),
      printable(attempt.workerId),
      attempt.pid === null ? "" : String(attempt.pid),
      attempt.startedAtMs === null ? "" : formatAge(attempt.startedAtMs - attempt.placedAtMs),
      attempt.startedAtMs === null
        ? ""
        : formatAge((attempt.endedAtMs ?? now) - attempt.startedAtMs),
      printable(outcomeOf(attempt)),
    ]),
  );
}

function outcomeOf({ outcome }: Attempt): string {
  if (outcome === null) return "";
  switch (outcome.kind) {
    case "exited": {
      const how =
        outcome.signal === null
          ? `exit code ${outcome.exitCode ?? "?"}`
          : `signal ${outcome.signal}`;
      const why = outcome.stopCause === null ? "" : `, after ${outcome.stopCause}`;
      const words = outcome.message === undefined ? "" : `: ${outcome.message}`;
      return `${how}${why}${outcome.outOfMemory ? ", out of memory" : ""}${words}`;
    }
    case "start-failed":
    case "rejected":
      return `${outcome.kind}: ${outcome.message}`;
    case "exit-unknown":
      return `exit unknown: ${outcome.message}`;
    case "never-started":
      return "never started";
  }
}

function optionsText({ description }: Application): string | null {
  return Object.keys(description.options).length === 0 ? null : JSON.stringify(description.options);
}

function labelsOf({ labels }: Application): string | null {
  const texts = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
  return texts.length === 0 ? null : texts.join(" ");
}

function optional(name: string, value: string | null): readonly (readonly [string, string])[] {
  return value === null ? [] : [[name, printable(value)]];
}
