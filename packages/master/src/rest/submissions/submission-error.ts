/** The protocol's only version. */
export const submissionsVersion = "v1";

/** The status for a protocol version that nobody here speaks (RestSubmissionServer.SC_UNKNOWN_PROTOCOL_VERSION). */
export const unknownVersionStatus = 468;

export interface SubmissionError {
  readonly status: number;
  readonly message: string;
  /** On an unknown version only. */
  readonly highestProtocolVersion?: string;
  /** Of another method (405): the one that the path is asked with. */
  readonly allow?: string;
}

const hint = `Please submit requests through http://[host]:[port]/${submissionsVersion}/submissions/...`;

/** How each action is asked for. */
const methodOfAction: ReadonlyMap<string, "GET" | "POST"> = new Map([
  ["create", "POST"],
  ["kill", "POST"],
  ["killall", "POST"],
  ["clear", "POST"],
  ["status", "GET"],
  ["readyz", "GET"],
]);

/**
 * What is wrong with a request that no route takes: its path leads nowhere (Spark's ErrorServlet), or leads to an action
 * by another method, which is 405 as with Spark.
 */
export function errorOfPath(method: string, path: string): SubmissionError {
  const [version, prefix, action = ""] = path.split("/").filter((part) => part !== "");
  if (version === undefined) return { status: 400, message: `Missing protocol version. ${hint}` };
  if (version !== submissionsVersion) {
    return {
      status: unknownVersionStatus,
      message: `Unknown protocol version '${version.slice(0, 100)}'. ${hint}`,
      highestProtocolVersion: submissionsVersion,
    };
  }
  if (prefix !== "submissions")
    return { status: 400, message: `Missing the /submissions prefix. ${hint}` };
  const allow = methodOfAction.get(action);
  if (allow !== undefined) {
    return {
      status: 405,
      message: `${method} is not supported by /${submissionsVersion}/submissions/${action}: use ${allow}.`,
      allow,
    };
  }
  return {
    status: 400,
    message: `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
  };
}
