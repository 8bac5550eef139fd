import type { ErrorBody } from "@aloha/api";
import { epochHeader } from "@aloha/api/headers";
import { AlohaError, isLoopback, type ErrorCode } from "@aloha/core";
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { listenError } from "../listen-error.ts";
import { guardOrigin } from "./guard-origin.ts";
import { limitBodyTime } from "./limit-body-time.ts";
import { registerApplications } from "./native/applications.ts";
import { registerBulk } from "./native/bulk/register-bulk.ts";
import { registerCluster, registerHealth } from "./native/cluster.ts";
import { registerWorkers } from "./native/workers.ts";
import { registerEvents } from "./native/events.ts";
import { registerLogs } from "./native/logs.ts";
import { RequestError, statusOf } from "./request-error.ts";
import type { RestContext } from "./rest-context.ts";
import { errorOfPath } from "./submissions/submission-error.ts";
import { registerSubmissions, sendSubmissionError } from "./submissions/submissions.ts";

/** Bounds on what clients may do to the HTTP server. */
export const restLimits = {
  bodyBytesMax: 1_048_576,
  /** Time for the whole of a body to arrive: a client that sends byte by byte holds a connection no longer. */
  bodyTimeoutMs: 30_000,
  headersTimeoutMs: 10_000,
  /** Clients keep connections for a while: longer than their usual 60 s, so that they close first. */
  keepAliveTimeoutMs: 72_000,
  /** Times the largest body, this is what clients can make the master hold. */
  connectionsMax: 2_000,
  /** How long a server that stops waits for what is being answered. */
  closeTimeoutMs: 2_000,
  pathLengthMax: 2_048,
} as const;

/** Has limits of its own: its body may have no end. */
const bulkPath = "/api/v1/applications/bulk";

/** Bodies reach their routes as bytes. */
const bodyType = "application/octet-stream";

export interface RestServerOptions {
  readonly host: string;
  readonly port: number;
  readonly context: RestContext;
}

export interface RestServer {
  readonly address: { readonly host: string; readonly port: number };
  /** Stops listening, and ends streams; what is being answered is answered. */
  close(): Promise<void>;
}

/** Listens for HTTP. Rejects with an AlohaError that names who has the port. */
export async function startRestServer(options: RestServerOptions): Promise<RestServer> {
  const { guard, logger } = options.context;
  if (guard === null && !isLoopback(options.host)) {
    logger.warn(
      `HTTP is served on ${options.host} to everyone who can reach it, without a password: whoever does can run any command on the workers. Use 127.0.0.1 unless the network is closed.`,
    );
  }
  const app = createApp(options.host, options.context);
  try {
    await app.listen({ host: options.host, port: options.port });
  } catch (thrown) {
    throw listenError(thrown, options, "HTTP", "aloha.master.rest.port");
  }
  const bound = app.server.address();
  const port = typeof bound === "object" && bound !== null ? bound.port : options.port;
  return { address: { host: options.host, port }, close: () => closeApp(app, options.context) };
}

async function closeApp(app: FastifyInstance, { runtime }: RestContext): Promise<void> {
  const timer = runtime.timers.after(restLimits.closeTimeoutMs, () =>
    app.server.closeAllConnections(),
  );
  await app.close();
  timer.clear();
}

function createApp(boundHost: string, context: RestContext): FastifyInstance {
  const app = fastify({
    bodyLimit: restLimits.bodyBytesMax,
    requestTimeout: 0,
    keepAliveTimeout: restLimits.keepAliveTimeoutMs,
    http: { headersTimeout: restLimits.headersTimeoutMs },
    forceCloseConnections: "idle",
    exposeHeadRoutes: false,
    routerOptions: { ignoreDuplicateSlashes: true, maxParamLength: restLimits.pathLengthMax },
    frameworkErrors: (error, request, reply) => void sendError(context, error, request, reply),
    return503OnClosing: true,
  });
  app.server.maxConnections = restLimits.connectionsMax;
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(bodyType, { parseAs: "buffer" }, (_request, body, done) =>
    done(null, body),
  );
  app.addHook("onRequest", (request, reply, done) => {
    guardOrigin(request.headers, boundHost);
    context.guard?.({
      method: request.method,
      path: pathOf(request),
      authorization: request.headers.authorization,
      remoteAddress: request.ip,
    });
    // Whatever a client says it sends, it is read as JSON: `curl -d` says that it sends a form.
    request.headers["content-type"] = bodyType;
    if (pathOf(request) !== bulkPath)
      limitBodyTime(request.raw, context.runtime.timers, restLimits.bodyTimeoutMs);
    const { leadership } = context.standing;
    if (leadership !== undefined) void reply.header(epochHeader, leadership.epoch.number);
    done();
  });
  app.setErrorHandler((error, request, reply) => sendError(context, error, request, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = pathOf(request);
    if (isNative(path)) {
      throw new RequestError(
        404,
        "not-found",
        `${request.method} ${path.slice(0, 200)} is not served here: see /api/v1/openapi.json.`,
      );
    }
    return sendSubmissionError(reply, context.softwareVersion, errorOfPath(request.method, path));
  });
  registerSubmissions(app, context);
  registerHealth(app, context);
  void app.register(
    (api, _options, done) => {
      registerApplications(api, context);
      registerLogs(api, context);
      registerCluster(api, context);
      registerWorkers(api, context);
      registerEvents(api, context);
      void api.register((bulk, _bulkOptions, bulkDone) => {
        registerBulk(bulk, context, { bodyType, lineBytesMax: restLimits.bodyBytesMax });
        bulkDone();
      });
      done();
    },
    { prefix: "/api/v1" },
  );
  return app;
}

/** One shape of errors for each of the two interfaces; what is our own fault is logged, and told to nobody else. */
function sendError(
  context: RestContext,
  thrown: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): FastifyReply {
  const error = toRequestError(thrown);
  if (error.status === 500)
    context.logger.error("A request failed", {
      method: request.method,
      path: pathOf(request),
      error: thrown,
    });
  if (error.status === 429 || error.status === 503) void reply.header("retry-after", "1");
  if (error.status === 401) void reply.header("www-authenticate", "Bearer");
  if (!isNative(pathOf(request)))
    return sendSubmissionError(reply, context.softwareVersion, {
      status: error.status,
      message: error.message,
    });
  const body: ErrorBody = {
    error: {
      code: error.code,
      message: error.message,
      ...(error.details.length === 0 ? {} : { details: [...error.details] }),
    },
  };
  return reply
    .code(error.status)
    .header("content-type", "application/json; charset=utf-8")
    .send(JSON.stringify(body));
}

function toRequestError(thrown: unknown): RequestError {
  if (thrown instanceof RequestError) return thrown;
  if (thrown instanceof AlohaError) {
    const status = statusOf(thrown.code);
    return status === 500
      ? internal(thrown.code)
      : new RequestError(status, thrown.code, thrown.message);
  }
  // What the framework itself refuses: a body that is too large, a path that cannot be decoded.
  const status =
    thrown instanceof Error && "statusCode" in thrown && typeof thrown.statusCode === "number"
      ? thrown.statusCode
      : 500;
  if (status < 400 || status >= 500 || !(thrown instanceof Error)) return internal("internal");
  const message =
    status === 413
      ? `The body is larger than ${restLimits.bodyBytesMax} bytes.`
      : `Malformed request: ${thrown.message}.`;
  return new RequestError(status, "invalid-argument", message);
}

function internal(code: ErrorCode): RequestError {
  return new RequestError(500, code, "The master could not serve this request; its log says why.");
}

function isNative(path: string): boolean {
  return path.startsWith("/api/") || path === "/api" || path === "/healthz" || path === "/readyz";
}

function pathOf(request: FastifyRequest): string {
  const { url } = request;
  const end = url.indexOf("?");
  return end < 0 ? url : url.slice(0, end);
}
