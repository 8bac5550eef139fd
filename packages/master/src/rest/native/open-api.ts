import {
  ApplicationPageSchema,
  ApplicationSchema,
  AttemptListSchema,
  BulkResultSchema,
  DrainSchema,
  ErrorSchema,
  EventPageSchema,
  ExplanationSchema,
  HealthSchema,
  KillSchema,
  KilledSchema,
  ListenerListSchema,
  logHeaders,
  OverviewSchema,
  RerunSchema,
  SubmittedSchema,
  VersionSchema,
  WorkerLabelsSchema,
  WorkerListSchema,
  WorkerSchema,
} from "@aloha/api";
import { descriptionJsonSchema } from "@aloha/core";

type Json = { readonly [key: string]: unknown };

/** The native API as an OpenAPI 3.1 document. */
export function openApi(softwareVersion: string): Json {
  const id = parameter("id", "path", { type: "string" }, "The application's id");
  const workerId = parameter("id", "path", { type: "string" }, "The worker's id");
  const workerAnswer = { 200: json("The worker as it is then", WorkerSchema) };
  return {
    openapi: "3.1.0",
    info: {
      title: "Aloha",
      version: softwareVersion,
      description: "The native API of an Aloha master.",
    },
    paths: {
      "/api/v1/applications": {
        post: operation("Submit an application", {
          requestBody: body(descriptionJsonSchema()),
          responses: {
            201: json("Accepted, durably", SubmittedSchema),
            200: json("This requestId was accepted before", SubmittedSchema),
          },
        }),
        get: operation("List applications, newest first", {
          parameters: [
            parameter(
              "state",
              "query",
              { type: "string" },
              "States, separated by commas; also live and ended",
            ),
            parameter("name", "query", { type: "string" }, "Exactly this name"),
            parameter("namespace", "query", { type: "string" }, "Exactly this namespace"),
            parameter(
              "label",
              "query",
              { type: "string" },
              "key or key=value; may be given several times",
            ),
            parameter(
              "limit",
              "query",
              { type: "integer", default: 50, maximum: 1000 },
              "Applications of one page at most",
            ),
            parameter("cursor", "query", { type: "string" }, "nextCursor of the page before"),
          ],
          responses: { 200: json("A page", ApplicationPageSchema) },
        }),
      },
      "/api/v1/applications/bulk": {
        post: operation("Submit many applications, one description a line (NDJSON)", {
          requestBody: lines(descriptionJsonSchema()),
          responses: {
            200: {
              description: "One result a line, in order, each as soon as it is durable",
              content: lines(BulkResultSchema).content,
            },
          },
        }),
      },
      "/api/v1/applications/{id}": {
        get: operation("One application; with waitMs, once it has ended or the time is over", {
          parameters: [
            id,
            parameter(
              "waitMs",
              "query",
              { type: "integer", default: 0, maximum: 30_000 },
              "Milliseconds to wait for its end",
            ),
            parameter(
              "attempt",
              "query",
              { type: "integer" },
              "With waitMs: wait no longer than until it has an attempt of this number",
            ),
          ],
          responses: { 200: json("The application", ApplicationSchema) },
        }),
      },
      "/api/v1/applications/{id}/attempts": {
        get: operation("Its attempts", {
          parameters: [id],
          responses: { 200: json("The newest attempts, oldest first", AttemptListSchema) },
        }),
      },
      "/api/v1/applications/{id}/why": {
        get: operation("Why it waits, or where it runs", {
          parameters: [id],
          responses: { 200: json("An explanation", ExplanationSchema) },
        }),
      },
      "/api/v1/applications/{id}/kill": {
        post: operation("Kill it", {
          parameters: [id],
          requestBody: body(KillSchema),
          responses: {
            202: json("Accepted, durably", KilledSchema),
            200: json("It had already ended", KilledSchema),
          },
        }),
      },
      "/api/v1/applications/{id}/rerun": {
        post: operation("Run it again, once it has ended: a new application", {
          parameters: [id],
          requestBody: body(RerunSchema),
          responses: {
            201: json("Accepted, durably", SubmittedSchema),
            200: json("This requestId was accepted before", SubmittedSchema),
          },
        }),
      },
      "/api/v1/applications/{id}/attempts/{attempt}/logs/{stream}": { get: logs(id) },
      "/api/v1/workers": {
        get: operation("All workers", {
          responses: { 200: json("The workers", WorkerListSchema) },
        }),
      },
      "/api/v1/workers/{id}": {
        get: operation("One worker", { parameters: [workerId], responses: workerAnswer }),
      },
      "/api/v1/workers/{id}/drain": {
        post: operation("Give it no more work", {
          parameters: [workerId],
          requestBody: body(DrainSchema),
          responses: workerAnswer,
        }),
      },
      "/api/v1/workers/{id}/resume": {
        post: operation("Let it have work again", {
          parameters: [workerId],
          responses: workerAnswer,
        }),
      },
      "/api/v1/workers/{id}/labels": {
        post: operation("Set labels of it, or remove them", {
          parameters: [workerId],
          requestBody: body(WorkerLabelsSchema),
          responses: workerAnswer,
        }),
      },
      "/api/v1/overview": {
        get: operation("The cluster in numbers", {
          responses: { 200: json("The overview", OverviewSchema) },
        }),
      },
      "/api/v1/listeners": {
        get: operation("The listeners, how far each has come, and what went wrong", {
          responses: { 200: json("The listeners", ListenerListSchema) },
        }),
      },
      "/api/v1/events": {
        get: operation(
          "Events as they happen (server-sent events), or a page of those kept (Accept: application/json)",
          {
            parameters: [
              parameter(
                "after",
                "query",
                { type: "integer" },
                "Sequence to go on after; for a stream also the header Last-Event-ID",
              ),
              parameter(
                "limit",
                "query",
                { type: "integer", default: 100, maximum: 1000 },
                "Of a page: events at most; without after, the newest",
              ),
            ],
            responses: {
              200: eventAnswer(),
              410: json("Events in between are not kept any more", ErrorSchema),
            },
          },
        ),
      },
      "/api/v1/version": {
        get: operation("The version of the master", {
          responses: { 200: json("The version", VersionSchema) },
        }),
      },
      "/healthz": {
        get: operation("Whether the process serves", {
          responses: { 200: json("It does", HealthSchema) },
        }),
      },
      "/readyz": {
        get: operation("Whether it leads", {
          responses: { 200: json("It does", HealthSchema), 503: json("It does not", HealthSchema) },
        }),
      },
    },
  };
}

function eventAnswer(): Json {
  return {
    description: "A stream or a page",
    content: { "text/event-stream": {}, "application/json": { schema: EventPageSchema } },
  };
}

function logs(id: Json): Json {
  const integer = { schema: { type: "integer" } };
  return operation("Output of an attempt", {
    parameters: [
      id,
      parameter("attempt", "path", { type: "string" }, "Its number, or latest"),
      parameter("stream", "path", { type: "string", enum: ["stdout", "stderr"] }, "Which output"),
      parameter(
        "offset",
        "query",
        { type: "integer", default: 0 },
        "First byte wanted; negative: that many before the end",
      ),
      parameter("limit", "query", { type: "integer" }, "Bytes at most"),
      parameter("follow", "query", { type: "boolean" }, "Go on until the attempt has ended"),
    ],
    responses: {
      200: {
        description: "The bytes",
        headers: {
          [logHeaders.offset]: integer,
          [logHeaders.nextOffset]: integer,
          [logHeaders.size]: integer,
        },
        content: { "text/plain": {} },
      },
    },
  });
}

function operation(summary: string, rest: { readonly responses: Json } & Json): Json {
  return {
    summary,
    ...rest,
    responses: { ...rest.responses, default: json("A refusal or failure", ErrorSchema) },
  };
}

function json(description: string, schema: unknown): Json {
  return { description, content: { "application/json": { schema } } };
}

function body(schema: unknown): Json {
  return { required: true, content: { "application/json": { schema } } };
}

/** A body in which each line is of this shape. */
function lines(schema: unknown): { readonly required: true; readonly content: Json } {
  return { required: true, content: { "application/x-ndjson": { itemSchema: schema } } };
}

function parameter(name: string, place: "path" | "query", schema: Json, description: string): Json {
  return { name, in: place, required: place === "path", schema, description };
}
