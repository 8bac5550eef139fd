import type { AlohaEvent } from "@aloha/core";
import type { CommandContext } from "../command-context.ts";
import { formatTime } from "./format-age.ts";
import { printable } from "./printable.ts";

/** One event in one line: sequence, time, and what happened. */
export function eventLine(context: CommandContext, event: AlohaEvent): string {
  const { dim } = context.stdout.paint;
  return `${dim(String(event.sequence).padStart(6))}  ${dim(formatTime(event.atMs))}  ${whatHappened(context, event)}\n`;
}

function whatHappened(context: CommandContext, event: AlohaEvent): string {
  const { paint } = context.stdout;
  switch (event.kind) {
    case "application-state-changed": {
      const from = event.from === null ? "" : `${printable(event.from)} -> `;
      const subject = `${printable(event.appId)} ${printable(event.name)}`;
      return `${subject}  ${from}${paint.state(printable(event.to))}${tail(event.message ?? event.reason)}${paint.dim(placeOf(event))}`;
    }
    case "application-relaunched":
      return `${printable(event.appId)} ${printable(event.name)}  attempt ${event.attempt} is over, another follows${tail(event.message)}`;
    case "worker-state-changed": {
      const from = event.from === null ? "" : `${printable(event.from)} -> `;
      return `worker ${printable(event.workerId)}  ${from}${paint.state(printable(event.to))}${tail(event.message)}`;
    }
    case "master-state-changed":
      return `master  ${paint.state(printable(event.to))} epoch ${event.epoch}${tail(event.message)}`;
    case "alert":
      return paint.error(`alert ${printable(event.code)}${tail(event.message)}`);
  }
}

function placeOf({
  attempt,
  workerId,
}: {
  readonly attempt: number;
  readonly workerId: string | null;
}): string {
  if (attempt === 0) return "";
  return `  (attempt ${attempt}${workerId === null ? "" : ` on ${printable(workerId)}`})`;
}

function tail(message: string | null): string {
  return message === null || message === "" ? "" : `: ${printable(message)}`;
}
