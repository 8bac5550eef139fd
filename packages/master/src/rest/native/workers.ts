import { isLabelName, protocolLimits, quote } from "@aloha/core";
import type { Worker, WorkerList } from "@aloha/api";
import type { FastifyInstance } from "fastify";
import type { Question } from "../../questions.ts";
import { parseJsonBody } from "../parse-json-body.ts";
import { bodyOf } from "../request-parts.ts";
import { askFor, leading, type RestContext } from "../rest-context.ts";
import { invalid } from "./parse-query.ts";
import { viewWorker } from "./views.ts";

const reasonLengthMax = 1_000;
/** A year: whatever is meant to last longer is meant to have no deadline. */
const drainDeadlineMsMax = 31_536_000_000;

/** The routes of workers, relative to `/api/v1`. */
export function registerWorkers(app: FastifyInstance, context: RestContext): void {
  const ask = async (question: Question): Promise<Worker> =>
    viewWorker((await askFor(leading(context), question, "worker")).worker);

  app.get("/workers", async (): Promise<WorkerList> => {
    const { workers } = await askFor(leading(context), { kind: "list-workers" }, "workers");
    return { workers: workers.map(viewWorker) };
  });

  app.get<IdParams>("/workers/:id", ({ params }) =>
    ask({ kind: "show-worker", workerId: params.id }),
  );

  app.post<IdParams>("/workers/:id/drain", (request) => {
    const body = bodyOf(request);
    const drain = parseDrain(body.length === 0 ? {} : parseJsonBody(body));
    return ask({ kind: "drain-worker", workerId: request.params.id, ...drain });
  });

  app.post<IdParams>("/workers/:id/resume", ({ params }) =>
    ask({ kind: "resume-worker", workerId: params.id }),
  );

  app.post<IdParams>("/workers/:id/labels", (request) => {
    const labels = parseLabels(parseJsonBody(bodyOf(request)));
    return ask({ kind: "label-worker", workerId: request.params.id, labels });
  });
}

interface IdParams {
  readonly Params: { readonly id: string };
}

function parseDrain(body: Readonly<Record<string, unknown>>): {
  readonly deadlineMs: number | null;
  readonly reason: string;
} {
  refuseUnknownFields(body, ["deadlineMs", "reason"], "a drain");
  const { deadlineMs = null, reason = "" } = body;
  const isDeadline =
    deadlineMs === null ||
    (typeof deadlineMs === "number" &&
      Number.isSafeInteger(deadlineMs) &&
      deadlineMs >= 0 &&
      deadlineMs <= drainDeadlineMsMax);
  if (!isDeadline) {
    throw invalid(
      `deadlineMs must be a whole number of milliseconds from 0 to ${drainDeadlineMsMax}, not ${quote(deadlineMs)}.`,
    );
  }
  if (typeof reason !== "string" || reason.length > reasonLengthMax)
    throw invalid(`reason must be a text of at most ${reasonLengthMax} characters.`);
  return { deadlineMs, reason };
}

function parseLabels(
  body: Readonly<Record<string, unknown>>,
): Readonly<Record<string, string | null>> {
  refuseUnknownFields(body, ["labels"], "this request");
  const { labels } = body;
  if (typeof labels !== "object" || labels === null || Array.isArray(labels))
    throw invalid("labels must be an object of names and texts; null removes a label.");
  const entries = Object.entries(labels).map(([name, value]: [string, unknown]) => {
    if (!isLabelName(name) || name === "__proto__")
      throw invalid(
        `${quote(name)} is no name of a label: letters, digits, dots, dashes, underscores and slashes.`,
      );
    const { labelValueLengthMax } = protocolLimits;
    if (value !== null && (typeof value !== "string" || value.length > labelValueLengthMax)) {
      throw invalid(
        `The label ${name} must be a text of at most ${labelValueLengthMax} characters, or null to remove it.`,
      );
    }
    return [name, value] as const;
  });
  return Object.fromEntries(entries);
}

function refuseUnknownFields(
  body: Readonly<Record<string, unknown>>,
  known: readonly string[],
  what: string,
): void {
  const unknown = Object.keys(body).find((field) => !known.includes(field));
  if (unknown !== undefined)
    throw invalid(`${quote(unknown)} is not a field of ${what}; known are ${known.join(", ")}.`);
}
