import type { FastifyRequest } from "fastify";

const nothing = new Uint8Array(0);

/** The body as it came, whatever its content type says; empty if there is none. */
export function bodyOf(request: FastifyRequest): Uint8Array {
  return request.body instanceof Uint8Array ? request.body : nothing;
}

export function queryOf(request: FastifyRequest): URLSearchParams {
  const start = request.url.indexOf("?");
  return new URLSearchParams(start < 0 ? "" : request.url.slice(start + 1));
}
