import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "@aloha/core";
import { RequestError } from "./request-error.ts";

/**
 * A master on loopback asks nobody for a password, so a web page must not be able to use the browser of whoever
 * visits it: neither by a request across origins, nor under a name of its own that points to 127.0.0.1 (DNS
 * rebinding). Browsers always say where such a request comes from (Fetch standard, "Origin header"); programs say nothing.
 */
export function guardOrigin(headers: IncomingHttpHeaders, boundHost: string): void {
  const host = headers.host ?? "";
  if (
    isLoopback(boundHost) &&
    host !== "" &&
    !isLoopback(nameOf(host)) &&
    nameOf(host) !== boundHost
  ) {
    throw new RequestError(
      403,
      "refused",
      `This master serves loopback only, not the name ${JSON.stringify(nameOf(host).slice(0, 100))}.`,
    );
  }
  const { origin } = headers;
  if (origin === undefined) return;
  if (origin === `http://${host}` || origin === `https://${host}`) return;
  throw new RequestError(
    403,
    "refused",
    "Requests from web pages of another origin are not served.",
  );
}

function nameOf(host: string): string {
  return host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : host.replace(/:[0-9]*$/, "");
}
