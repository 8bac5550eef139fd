import type { AlohaClient } from "@aloha/api/client";
import { toAlohaError } from "@aloha/core/vocabulary";
import { exitCodeOfRun } from "../application-exit.ts";
import { addClientOptions, openClient, openPatientClient, refuseJson } from "../client-options.ts";
import type { ClientOptions } from "../client-options.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { describeEnd, followApplication } from "../follow-application.ts";
import { addDescriptionFlags } from "../input/description-flags.ts";
import type { DescriptionFlags } from "../input/description-flags.ts";
import { resolveDescriptions } from "../input/resolve-descriptions.ts";
import { printable } from "../output/printable.ts";
import { pause } from "../pause.ts";

interface RunOptions extends ClientOptions, DescriptionFlags {}

/** After this long without an end, whoever waits at a terminal is told why it has not begun. */
const explainAfterMs = 3000;

/** `aloha run -- CMD`: the command's output and exit status become those of this process. */
export const applicationRun: CommandDefinition = {
  configure(command) {
    command
      .usage("[options] -- <command...>")
      .argument("<command...>", "the command and its arguments; no shell is between")
      .passThroughOptions();
    addClientOptions(command);
    addDescriptionFlags(command);
    command.addHelpText(
      "after",
      "\nCtrl-C asks the command to stop, twice kills it. Exit status: the command's own; 128+n where signal n ended it;\n127 where it was not found; 4 no master reached, 5 refused, 6 its end is unknown.",
    );
  },

  async run(context, command) {
    const options = command.opts<RunOptions>();
    refuseJson(options, "the output of a command", "use `aloha submit --wait -o json`");
    const [application] = await resolveDescriptions(context, {
      files: [],
      flags: options,
      command: command.args,
    });
    const client = await openClient(context, options);
    const { id } = await client.submit(application ?? {});
    if (context.stderr.isTerminal)
      await context.stderr.write(`${context.stderr.paint.dim(printable(id))}\n`);
    const patient = await openPatientClient(context, options);
    return follow(context, patient, id);
  },
};

async function follow(context: CommandContext, client: AlohaClient, id: string): Promise<number> {
  const over = new AbortController();
  const leave = new AbortController();
  using _interrupts = context.onInterrupt(
    (count) => void interrupt(context, client, id, count, leave),
  );
  if (context.stderr.isTerminal) void explainWait(context, client, id, over.signal);
  try {
    const application = await followApplication(context, client, id, leave.signal);
    // An exit code speaks for itself, as it does for a command that runs here.
    const isPlain = application.state === "FINISHED" || application.end?.reason === "exit-code";
    if (!isPlain) await context.stderr.write(`aloha: ${describeEnd(application)}\n`);
    return exitCodeOfRun(application);
  } catch (error) {
    if (!leave.signal.aborted) throw error;
    await context.stderr.write(
      `aloha: left ${printable(id)} to itself; see: aloha status ${printable(id)}\n`,
    );
    return 130;
  } finally {
    over.abort();
  }
}

/** First Ctrl-C: stop. Second: kill. Third: leave, since the master does not answer or the kill takes long. */
async function interrupt(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  count: number,
  leave: AbortController,
): Promise<void> {
  if (count > 2) {
    leave.abort();
    return;
  }
  try {
    await context.stderr.write(
      count === 1 ? "aloha: stopping it (Ctrl-C again kills it)\n" : "aloha: killing it\n",
    );
    await client.kill(id, { immediately: count === 2, reason: "interrupted at `aloha run`" });
  } catch (error) {
    await context.stderr.write(`aloha: ${printable(toAlohaError(error).message)}\n`);
  }
}

async function explainWait(
  context: CommandContext,
  client: AlohaClient,
  id: string,
  over: AbortSignal,
): Promise<void> {
  await pause(context.timers, explainAfterMs, over);
  if (over.aborted) return;
  try {
    const { state, summary } = await client.why(id, { signal: over });
    if (state !== "RUNNING")
      await context.stderr.write(`aloha: ${printable(state)}: ${printable(summary)}\n`);
  } catch {
    // Only a hint: what matters is reported by whoever follows the application.
  }
}
