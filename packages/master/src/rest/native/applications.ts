import { isTerminal, quote } from "@aloha/core";
import type { ApplicationRecord } from "@aloha/core";
import type {
  Application,
  ApplicationPage,
  AttemptList,
  ExplanationView,
  Killed,
  Submitted,
} from "@aloha/api";
import type { FastifyInstance } from "fastify";
import type { Leadership } from "../../leadership.ts";
import type { StoredApplication } from "../../persistence/engine.ts";
import { awaitApplication } from "../await-application.ts";
import { findApplication } from "../find-application.ts";
import { parseJsonBody } from "../parse-json-body.ts";
import { bodyOf, queryOf } from "../request-parts.ts";
import { askFor, leading, type RestContext } from "../rest-context.ts";
import { goneSignal } from "../write-stream.ts";
import { invalid, parseFilter, parseWait } from "./parse-query.ts";
import { readSubmission } from "./read-submission.ts";
import { rerun } from "./rerun.ts";
import { viewApplication, viewAttempt, viewExplanation, viewSummary } from "./views.ts";

const killReasonLengthMax = 1_000;
const killFields: readonly string[] = ["immediately", "reason"];

/** The routes of applications, relative to `/api/v1`. */
export function registerApplications(app: FastifyInstance, context: RestContext): void {
  app.post("/applications", async (request, reply) => {
    const submitted = await submit(leading(context), parseJsonBody(bodyOf(request)));
    return reply
      .code(submitted.duplicate ? 200 : 201)
      .header("location", `/api/v1/applications/${submitted.id}`)
      .send(submitted);
  });

  app.get("/applications", async (request): Promise<ApplicationPage> => {
    const filter = parseFilter(queryOf(request));
    const { applications, nextBeforeNumber } = await leading(context).read((engine) =>
      engine.listApplications(filter),
    );
    return {
      applications: applications.map(viewSummary),
      nextCursor: nextBeforeNumber === null ? null : String(nextBeforeNumber),
    };
  });

  app.get<IdParams>("/applications/:id", async (request, reply) => {
    const { id } = request.params;
    const { waitMs, attempt } = parseWait(queryOf(request));
    if (waitMs === 0) return show(leading(context), await findApplication(leading(context), id));
    const isReached = ({ state, attemptsTotal }: ApplicationRecord): boolean =>
      isTerminal(state) || (attempt !== undefined && attemptsTotal >= attempt);
    const gone = goneSignal(reply.raw, context.stopping);
    const stored = await awaitApplication(context, id, { isReached, waitMs, gone });
    return show(leading(context), stored);
  });

  app.post<IdParams>("/applications/:id/rerun", async (request, reply) => {
    const submitted = await rerun(leading(context), request.params.id, bodyOf(request));
    return reply
      .code(submitted.duplicate ? 200 : 201)
      .header("location", `/api/v1/applications/${submitted.id}`)
      .send(submitted);
  });

  app.get<IdParams>("/applications/:id/attempts", async (request): Promise<AttemptList> => {
    const { application } = await findApplication(leading(context), request.params.id);
    return {
      attempts: application.attempts.map(viewAttempt),
      attemptsTotal: application.attemptsTotal,
    };
  });

  app.get<IdParams>("/applications/:id/why", (request) =>
    explain(leading(context), request.params.id),
  );

  app.post<IdParams>("/applications/:id/kill", async (request, reply) => {
    const killed = await kill(leading(context), request.params.id, bodyOf(request));
    return reply.code(killed.accepted ? 202 : 200).send(killed);
  });
}

interface IdParams {
  readonly Params: { readonly id: string };
}

async function submit(
  leadership: Leadership,
  body: Readonly<Record<string, unknown>>,
): Promise<Submitted> {
  const answer = await askFor(leadership, readSubmission(body), "submitted");
  return { id: answer.appId, duplicate: answer.duplicate };
}

async function kill(leadership: Leadership, appId: string, bytes: Uint8Array): Promise<Killed> {
  const body = bytes.length === 0 ? {} : parseJsonBody(bytes);
  const unknown = Object.keys(body).find((field) => !killFields.includes(field));
  if (unknown !== undefined)
    throw invalid(
      `${quote(unknown)} is not a field of a kill; known are ${killFields.join(", ")}.`,
    );
  const { immediately = false, reason = "" } = body;
  if (typeof immediately !== "boolean")
    throw invalid(`immediately must be true or false, not ${quote(immediately)}.`);
  if (typeof reason !== "string" || reason.length > killReasonLengthMax) {
    throw invalid(`reason must be a text of at most ${killReasonLengthMax} characters.`);
  }
  const answer = await askFor(
    leadership,
    { kind: "kill", appId, immediately, reason },
    "kill-accepted",
    "not-live",
  );
  const { application } = await findApplication(leadership, appId);
  return { id: appId, accepted: answer.kind === "kill-accepted", state: application.state };
}

async function explain(leadership: Leadership, appId: string): Promise<ExplanationView> {
  const answer = await askFor(leadership, { kind: "explain", appId }, "explanation", "not-live");
  if (answer.kind === "explanation") return viewExplanation(answer.explanation);
  const { application } = await findApplication(leadership, appId);
  const summary =
    application.end === null
      ? "It has just been accepted"
      : `It has ended as ${application.state}: ${application.end.message}`;
  return {
    appId,
    state: application.state,
    summary,
    position: null,
    canNeverFit: false,
    workers: [],
  };
}

/** With how its output is rolled, which its newest worker says. */
async function show(leadership: Leadership, stored: StoredApplication): Promise<Application> {
  const newest = stored.application.attempts.at(-1);
  if (newest === undefined) return viewApplication(stored, undefined);
  const worker = await leadership.read((engine) => engine.readWorker(newest.workerId));
  return viewApplication(stored, worker);
}
