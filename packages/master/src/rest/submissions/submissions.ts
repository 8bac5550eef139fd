import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { parseJsonBody } from "../parse-json-body.ts";
import { RequestError } from "../request-error.ts";
import { bodyOf } from "../request-parts.ts";
import { askFor, type RestContext } from "../rest-context.ts";
import { clearDrivers, killDrivers } from "./all-drivers.ts";
import { formatSubmissionResponse } from "./format-response.ts";
import { parseCreate } from "./parse-create.ts";
import { expected, standby, type SubmissionAnswer } from "./submission-answer.ts";
import type { SubmissionError } from "./submission-error.ts";
import { dialectOf, nounOf, submissionState } from "./submission-state.ts";

interface WildParams {
  readonly Params: { readonly "*": string };
}

/**
 * The submissions protocol, `/v1/submissions/...`, in both of its dialects. An unknown id and a
 * standby are answers with `success: false`, not errors.
 */
export function registerSubmissions(app: FastifyInstance, context: RestContext): void {
  const send = (reply: FastifyReply, fields: SubmissionAnswer, status = 200): FastifyReply => {
    const text = formatSubmissionResponse({
      ...fields,
      serverSparkVersion: context.softwareVersion,
    });
    return reply.code(status).header("content-type", "application/json; charset=utf-8").send(text);
  };
  const create = async (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    send(reply, await submit(context, parseJsonBody(bodyOf(request))));

  const killAll = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    send(reply, await killDrivers(context));
  const clear = async (_request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
    send(reply, await clearDrivers(context));
  const ready = (_request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const success = context.standing.leadership !== undefined;
    const message = success ? "Master is ready." : "Master is not ready.";
    return send(reply, { action: "ReadyzResponse", message, success }, success ? 200 : 503);
  };

  // What follows the action is ignored, as the servlets of the original and of Spark do.
  app.post("/v1/submissions/create", create);
  app.post("/v1/submissions/create/*", create);
  app.post("/v1/submissions/killall", killAll);
  app.post("/v1/submissions/killall/*", killAll);
  app.post("/v1/submissions/clear", clear);
  app.post("/v1/submissions/clear/*", clear);
  app.get("/v1/submissions/readyz", ready);
  app.get("/v1/submissions/readyz/*", ready);
  app.post<WildParams>("/v1/submissions/kill/*", async (request, reply) =>
    send(reply, await kill(context, submissionId(request.params["*"], "kill"))),
  );
  app.post("/v1/submissions/kill", () => missingId("kill"));
  app.get<WildParams>("/v1/submissions/status/*", async (request, reply) =>
    send(reply, await status(context, submissionId(request.params["*"], "status"))),
  );
  app.get("/v1/submissions/status", () => missingId("status"));
}

/** An ErrorResponse, which every refusal on these paths is. */
export function sendSubmissionError(
  reply: FastifyReply,
  softwareVersion: string,
  error: SubmissionError,
): FastifyReply {
  const text = formatSubmissionResponse({
    action: "ErrorResponse",
    message: error.message,
    highestProtocolVersion: error.highestProtocolVersion,
    serverSparkVersion: softwareVersion,
  });
  if (error.allow !== undefined) void reply.header("allow", error.allow);
  return reply
    .code(error.status)
    .header("content-type", "application/json; charset=utf-8")
    .send(text);
}

async function submit(
  context: RestContext,
  body: Readonly<Record<string, unknown>>,
): Promise<SubmissionAnswer> {
  const action = "CreateSubmissionResponse";
  const { dialect, description, unknownFields } = parseCreate(body);
  const isSpark = dialect === "spark";
  const what = isSpark ? "driver" : "application";
  const { leadership } = context.standing;
  if (leadership === undefined) {
    return {
      action,
      success: false,
      message: standby(context, `Can only accept ${what} submissions in ALIVE state.`),
    };
  }
  const prefix = isSpark ? "driver" : "app";
  const request = { kind: "submit", description, prefix, request: null } as const;
  const answer = await expected(askFor(leadership, request, "submitted"));
  if (answer.kind === "failed") return { action, success: false, message: answer.message };
  return {
    action,
    message: `${isSpark ? "Driver" : "Application"} successfully submitted as ${answer.value.appId}`,
    submissionId: answer.value.appId,
    success: true,
    unknownFields: unknownFields.length === 0 ? undefined : unknownFields,
  };
}

async function kill(context: RestContext, id: string): Promise<SubmissionAnswer> {
  const base = { action: "KillSubmissionResponse", submissionId: id };
  const { leadership } = context.standing;
  if (leadership === undefined)
    return {
      ...base,
      success: false,
      message: standby(context, "Can only kill applications in ALIVE state."),
    };
  const question = { kind: "kill", appId: id, immediately: false, reason: "" } as const;
  const answer = await expected(askFor(leadership, question, "kill-accepted", "not-live"));
  if (answer.kind === "failed") return { ...base, success: false, message: answer.message };
  if (answer.value.kind === "kill-accepted")
    return { ...base, success: true, message: `Kill request for ${id} submitted` };
  return {
    ...base,
    success: false,
    message: `${nounOf(dialectOf(id))} ${id} has already finished or does not exist`,
  };
}

async function status(context: RestContext, id: string): Promise<SubmissionAnswer> {
  const base = { action: "SubmissionStatusResponse", submissionId: id };
  const { leadership } = context.standing;
  if (leadership === undefined) {
    return {
      ...base,
      success: false,
      message: standby(context, "Can only request application status in ALIVE state."),
    };
  }
  const found = await leadership.read((engine) => {
    const stored = engine.readApplication(id);
    const newest = stored?.application.attempts.at(-1);
    return {
      application: stored?.application,
      worker: newest === undefined ? undefined : engine.readWorker(newest.workerId),
      newest,
    };
  });
  const { application, worker, newest } = found;
  if (application === undefined) return { ...base, success: false };
  return {
    ...base,
    driverState: submissionState(application, dialectOf(id)),
    message:
      application.end === null || application.end.state === "FINISHED"
        ? undefined
        : application.end.message,
    success: true,
    workerHostPort:
      worker === undefined ? undefined : `${worker.address.host}:${worker.address.port}`,
    workerId: newest?.workerId,
  };
}

/** The first part of what follows the action: `/kill/any/thing` means `any`. */
function submissionId(rest: string, action: "kill" | "status"): string {
  const [id = ""] = rest.split("/");
  return id === "" ? missingId(action) : id;
}

function missingId(action: "kill" | "status"): never {
  throw new RequestError(400, "invalid-argument", `Submission ID is missing in ${action} request.`);
}
