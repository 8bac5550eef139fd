import { createHash, timingSafeEqual } from "node:crypto";
import { BlockList, isIP } from "node:net";
import { AlohaError } from "@aloha/core";
import { RequestError } from "../request-error.ts";
import { allows, type RestAccess, type Role, type TokenRecord } from "./rest-access.ts";

/** What of a request says who sends it, and what for. */
export interface AccessRequest {
  readonly method: string;
  /** Without its query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly remoteAddress: string | undefined;
}

/** Throws RequestError with 401 (who are you?) or 403 (not you) for requests that may not be served. */
export type AccessGuard = (request: AccessRequest) => void;

/** Whether the process lives and leads is no secret, and whoever asks has no token: load balancers, systemd. */
const openPaths: ReadonlySet<string> = new Set(["/healthz", "/readyz", "/v1/submissions/readyz"]);

const submissionsPath = "/v1/submissions/";

/** Makes the guard of one master. Throws AlohaError for a network that is none. */
export function accessGuard(access: RestAccess): AccessGuard {
  const trusted = networksOf(access.submissionsTrust);
  return ({ method, path: written, authorization, remoteAddress }) => {
    const path = decoded(written);
    if (openPaths.has(path)) return;
    const needed = roleFor(method, path);
    const token = bearerOf(authorization);
    if (token === undefined) {
      if (path.startsWith(submissionsPath) && isTrusted(trusted, remoteAddress, needed)) return;
      throw unauthorized(
        "This master asks for a token: send `Authorization: Bearer <token>`. `aloha` takes it from ALOHA_TOKEN or --token-file, and finds that of a master on its own host by itself.",
      );
    }
    const record = find(access.tokens, token);
    if (record === undefined) throw unauthorized("This master does not know the token.");
    if (allows(record.role, needed)) return;
    throw new RequestError(
      403,
      "refused",
      `The token "${record.name}" has the role ${record.role}; this takes ${needed}.`,
    );
  };
}

/** Reading takes a viewer, applications a submitter, everything else that changes something an operator. */
export function roleFor(method: string, path: string): Role {
  if (method === "GET" || method === "HEAD") return "viewer";
  const isSubmission = /^\/v1\/submissions\/(create|kill)(\/|$)/.test(path);
  return isSubmission || path.startsWith("/api/v1/applications") ? "submitter" : "operator";
}

/** As the router reads it: an escaped letter must not make a path look like another. What cannot be read names nothing. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return "";
  }
}

function bearerOf(authorization: string | undefined): string | undefined {
  return /^Bearer +([^ ]+) *$/i.exec(authorization ?? "")?.[1];
}

/** Every record is compared, so that the time taken says nothing. */
function find(tokens: readonly TokenRecord[], token: string): TokenRecord | undefined {
  const digest = createHash("sha256").update(token).digest();
  let found: TokenRecord | undefined;
  for (const record of tokens) {
    const known = Buffer.from(record.sha256, "hex");
    if (known.length === digest.length && timingSafeEqual(known, digest)) found = record;
  }
  return found;
}

/** Reads aloha.rest.submissions.trust. Throws AlohaError for a network that is none. */
export function networksOf(texts: readonly string[]): BlockList {
  const networks = new BlockList();
  for (const text of texts) {
    const [address = "", prefix, ...rest] = text.split("/");
    const family = isIP(address);
    const bitsMax = family === 4 ? 32 : 128;
    const bits = prefix === undefined ? bitsMax : Number(prefix);
    const isNetwork =
      family !== 0 && prefix !== "" && Number.isInteger(bits) && bits >= 0 && bits <= bitsMax;
    if (!isNetwork || rest.length > 0) {
      throw new AlohaError(
        "invalid-argument",
        `aloha.rest.submissions.trust: ${JSON.stringify(text)} is no network. Write an address, or one with the length of its prefix, such as 10.0.0.0/8.`,
      );
    }
    networks.addSubnet(address, bits, family === 4 ? "ipv4" : "ipv6");
  }
  return networks;
}

function isTrusted(networks: BlockList, remoteAddress: string | undefined, needed: Role): boolean {
  if (remoteAddress === undefined || !allows("submitter", needed)) return false;
  const address = remoteAddress.replace(/^::ffff:/, "");
  const family = isIP(address);
  return family !== 0 && networks.check(address, family === 4 ? "ipv4" : "ipv6");
}

function unauthorized(message: string): RequestError {
  return new RequestError(401, "refused", message);
}
