import { AlohaError } from "@aloha/core";
import type { FastifyInstance } from "fastify";
import { leading, type RestContext } from "../../rest-context.ts";
import { BulkGate } from "./bulk-gate.ts";
import { bulkLimits } from "./bulk-limits.ts";
import { serveBulk } from "./serve-bulk.ts";

/**
 * `POST /applications/bulk`: one description a line in (NDJSON), one result a line out, in order, each as soon as it is durable. What
 * is wrong with a line is said of that line alone. `bodyType` is the content type under which bodies arrive here.
 */
export function registerBulk(
  app: FastifyInstance,
  context: RestContext,
  options: { readonly bodyType: string; readonly lineBytesMax: number },
): void {
  const gate = new BulkGate(bulkLimits.groupsMax);
  let requests = 0;
  // The body is read as it comes, and not gathered first.
  app.removeContentTypeParser(options.bodyType);
  app.addContentTypeParser(options.bodyType, (_request, _body, done) => done(null));
  app.post("/applications/bulk", async (request, reply) => {
    const leadership = leading(context);
    if (requests >= bulkLimits.requestsMax) {
      throw new AlohaError(
        "limit-exceeded",
        `${bulkLimits.requestsMax} bulk submissions are under way, which is the limit: try again in a moment.`,
      );
    }
    requests++;
    try {
      reply.hijack();
      const { lineBytesMax } = options;
      await serveBulk({
        request: request.raw,
        response: reply.raw,
        context,
        leadership,
        gate,
        lineBytesMax,
      });
    } finally {
      requests--;
    }
  });
}
