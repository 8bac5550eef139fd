import { AlohaError } from "@aloha/core";
import type { MasterAnswer } from "@aloha/core";
import type { Logger, Runtime } from "@aloha/runtime";
import type { Leadership } from "../leadership.ts";
import type { Listeners } from "../listeners/listeners.ts";
import type { MasterStanding } from "../master.ts";
import type { Question } from "../questions.ts";
import type { AccessGuard } from "./access/guard-access.ts";
import type { WorkerLogs } from "./worker-logs.ts";

/** What every route has at hand. */
export interface RestContext {
  readonly standing: MasterStanding;
  readonly listeners: Pick<Listeners, "statuses">;
  /** Null: everybody may do everything. */
  readonly guard: AccessGuard | null;
  readonly logs: WorkerLogs;
  readonly runtime: Runtime;
  readonly logger: Logger;
  readonly softwareVersion: string;
  /** Fires when the server stops: streams end then. */
  readonly stopping: AbortSignal;
}

/** The leadership, or a refusal that clients take as a hint to ask another master, or again later. */
export function leading(context: RestContext): Leadership {
  const { leadership, phase } = context.standing;
  if (leadership !== undefined) return leadership;
  if (phase === "LOADING" || phase === "ELECTED") {
    throw new AlohaError(
      "not-ready",
      "This master is about to lead and reads its store: try again in a moment.",
    );
  }
  throw new AlohaError("not-leader", `This master does not lead (${phase}): ask another one.`);
}

/** Asks the core and expects this kind of answer; a refusal is thrown. */
export async function askFor<Kind extends MasterAnswer["kind"]>(
  leadership: Leadership,
  question: Question,
  ...kinds: readonly Kind[]
): Promise<Extract<MasterAnswer, { readonly kind: Kind }>> {
  const answer = await leadership.ask(question);
  if (answer.kind === "refused") throw new AlohaError(answer.code, answer.message);
  const expected = kinds.some((kind) => kind === answer.kind);
  if (!expected)
    throw new AlohaError("internal", `The master answered ${question.kind} with ${answer.kind}.`);
  return answer as Extract<MasterAnswer, { readonly kind: Kind }>;
}
