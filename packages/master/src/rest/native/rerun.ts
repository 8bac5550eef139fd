import { completeDescription, isTerminal, quote } from "@aloha/core";
import type { Submitted } from "@aloha/api";
import type { Leadership } from "../../leadership.ts";
import { findApplication } from "../find-application.ts";
import { parseJsonBody } from "../parse-json-body.ts";
import { RequestError } from "../request-error.ts";
import { askFor } from "../rest-context.ts";
import { invalid } from "./parse-query.ts";

const requestIdLengthMax = 128;

/**
 * Runs an application that has ended once more: a new application with the same description, which says
 * of which it is a rerun. The same requestId, if one is given, makes it once.
 */
export async function rerun(
  leadership: Leadership,
  appId: string,
  bytes: Uint8Array,
): Promise<Submitted> {
  const requestId = parseRequestId(bytes.length === 0 ? {} : parseJsonBody(bytes));
  const { application, description } = await findApplication(leadership, appId);
  if (!isTerminal(application.state)) {
    throw new RequestError(
      409,
      "conflict",
      `${appId} is ${application.state}: only an application that has ended can be run again. Wait for it (aloha status), or stop it.`,
    );
  }
  const answer = await askFor(
    leadership,
    {
      kind: "submit",
      description: completeDescription(description),
      prefix: appId.startsWith("driver-") ? "driver" : "app",
      request: requestId === null ? null : { requestId, bodyHash: `rerun ${appId}` },
      rerunOf: appId,
    },
    "submitted",
  );
  return { id: answer.appId, duplicate: answer.duplicate };
}

function parseRequestId(body: Readonly<Record<string, unknown>>): string | null {
  const unknown = Object.keys(body).find((field) => field !== "requestId");
  if (unknown !== undefined)
    throw invalid(`${quote(unknown)} is not a field of a rerun; known is requestId.`);
  const { requestId = null } = body;
  if (requestId === null) return null;
  if (typeof requestId !== "string" || requestId === "" || requestId.length > requestIdLengthMax)
    throw invalid(`requestId must be a text of 1 to ${requestIdLengthMax} characters.`);
  return requestId;
}
