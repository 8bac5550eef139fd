import type { Health, ListenerList, OverviewView, Version } from "@aloha/api";
import type { FastifyInstance } from "fastify";
import { askFor, leading, type RestContext } from "../rest-context.ts";
import { viewOverview } from "./views.ts";

/** The routes of the cluster as a whole, relative to `/api/v1`. */
export function registerCluster(app: FastifyInstance, context: RestContext): void {
  app.get("/overview", async (): Promise<OverviewView> => {
    const { overview } = await askFor(leading(context), { kind: "overview" }, "overview");
    return viewOverview(overview);
  });

  app.get("/listeners", (): ListenerList => {
    leading(context);
    return { listeners: [...context.listeners.statuses] };
  });

  app.get("/version", (_request, reply) => {
    const version: Version = { version: context.softwareVersion, api: "v1" };
    return reply.send(version);
  });

  app.get("/openapi.json", async () => {
    // Loaded when it is asked for: the schemas are a tenth of the idle memory otherwise.
    const { openApi } = await import("./open-api.ts");
    return openApi(context.softwareVersion);
  });
}

/** `/healthz`: the process serves. `/readyz`: it leads, and takes submissions and kills. */
export function registerHealth(app: FastifyInstance, context: RestContext): void {
  const health = (): Health => ({
    state: context.standing.phase,
    ready: context.standing.leadership !== undefined,
  });
  app.get("/healthz", (_request, reply) => reply.send(health()));
  app.get("/readyz", (_request, reply) => {
    const body = health();
    return reply.code(body.ready ? 200 : 503).send(body);
  });
}
