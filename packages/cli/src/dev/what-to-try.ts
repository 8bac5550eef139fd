import { join } from "node:path";
import { exampleScript } from "./dev-example.ts";

/** What a newcomer can do next, ready to be copied: real addresses, real ids, real paths. */
export function whatToTry(options: {
  readonly url: string;
  readonly isDefaultUrl: boolean;
  readonly workDirectory: string;
  /** The example, if it was run. */
  readonly exampleId: string | undefined;
}): string {
  const { url, exampleId } = options;
  const master = options.isDefaultUrl ? "" : ` --master ${url}`;
  const request = JSON.stringify({
    action: "CreateSubmissionRequest",
    name: "test",
    entryPoint: "shell",
    args: exampleScript,
    cores: 1,
    memory: 256,
  });
  const lines = [
    "",
    "Try, in another terminal:",
    `  npx aloha run${master} -- echo hello`,
    `  npx aloha ps${master} -a`,
    ...(exampleId === undefined
      ? []
      : [`  npx aloha logs${master} ${exampleId}`, `  npx aloha status${master} ${exampleId}`]),
    "",
    "  curl -X POST \\",
    `    -d '${request}' \\`,
    `    ${url}/v1/submissions/create`,
    ...(exampleId === undefined
      ? []
      : [
          `  curl ${url}/v1/submissions/status/${exampleId}`,
          "",
          `The example's output is in ${join(options.workDirectory, exampleId)}/ (stdout, stderr).`,
        ]),
    "",
    "Ctrl-C stops everything.",
    "",
  ];
  return lines.join("\n");
}
