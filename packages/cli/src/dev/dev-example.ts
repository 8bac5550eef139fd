import type { Application } from "@aloha/api";
import type { AlohaClient } from "@aloha/api/client";
import type { CommandContext } from "../command-context.ts";
import { followApplication } from "../follow-application.ts";
import { formatSeconds } from "../output/format-age.ts";
import type { DevScreen } from "./dev-screen.ts";

/** The example of the README, as it always was. */
export const exampleScript = "i=0; while [ $i -le 10 ]; do echo $i; ((i++)); sleep 1; done";

/** Runs the example, shows its output as it is written, and gives how it ended. */
export async function runExample(
  context: CommandContext,
  client: AlohaClient,
  screen: DevScreen,
  signal: AbortSignal,
): Promise<Application> {
  const { id } = await client.submit(
    { name: "example", entryPoint: "shell", args: exampleScript, cores: 1, memory: 256 },
    { signal },
  );
  screen.say("example", `${id} submitted; its output:`);
  const application = await followApplication(context, client, id, signal);
  const { end, startedAtMs } = application;
  const took =
    end === null || startedAtMs === null
      ? ""
      : ` after ${formatSeconds(end.endedAtMs - startedAtMs)}`;
  screen.say(
    "example",
    `${application.state}${took}${application.state === "FINISHED" ? "" : `: ${end?.message ?? ""}`}`,
  );
  return application;
}
