/** The protocol's only version. */
export const submissionsVersion = "v1";

/** The status for a protocol version that nobody here speaks (RestSubmissionServer.SC_UNKNOWN_PROTOCOL_VERSION). */
export const unknownVersionStatus = 468;

export interface SubmissionError {
  readonly status: number;
  readonly message: string;
  /** On an unknown version only. */
  readonly highestProtocolVersion?: string;
}

const hint = `Please submit requests through http://[host]:[port]/${submissionsVersion}/submissions/...`;

/** What is wrong with a path that leads nowhere (Spark's ErrorServlet). */
export function errorOfPath(path: string): SubmissionError {
  const [version, prefix] = path.split("/").filter((part) => part !== "");
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
  return {
    status: 400,
    message: `Missing an action: please specify one of /create, /kill, or /status. ${hint}`,
  };
}
