import { resolve } from "node:path";
import { AlohaError, isTerminal } from "@aloha/core/vocabulary";
import type { AlohaClient } from "@aloha/api/client";
import { exitCodeOfEnd } from "../application-exit.ts";
import { openPatientClient } from "../client-options.ts";
import type { CommandContext } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { DevCluster } from "../dev/dev-cluster.ts";
import { runExample } from "../dev/dev-example.ts";
import { devScreen } from "../dev/dev-screen.ts";
import type { DevScreen } from "../dev/dev-screen.ts";
import { endApplications } from "../dev/end-applications.ts";
import { whatToTry } from "../dev/what-to-try.ts";
import { exitCodes } from "../exit-code.ts";
import { onceAborted } from "../once-aborted.ts";
import { collect } from "../input/description-flags.ts";
import { parsePort } from "../input/parse-port.ts";

interface DevOptions {
  readonly dir: string;
  readonly port: string;
  readonly restPort: string;
  readonly cores?: string;
  readonly memory?: string;
  readonly D?: readonly string[];
  readonly example?: boolean;
  readonly once?: boolean;
}

const restPortDefault = "6066";

/** `aloha dev` */
export const clusterDev: CommandDefinition = {
  configure(command) {
    command
      .option("--dir <directory>", "where state, output and logs are kept", ".aloha")
      .option("--port <port>", "of the master, for workers", "7077")
      .option("--rest-port <port>", "of the REST API", restPortDefault)
      .option("--cores <number>", "cores of the worker (default: all of this host)")
      .option("--memory <size>", "memory of the worker, e.g. 2g (default: this host's, less 1 GiB)")
      .option(
        "-D <key=value>",
        "one setting for master and worker, e.g. -Daloha.worker.timeout=30s",
        collect,
      )
      .option("--example", "run the example of the README")
      .option("--once", "stop after the example; the exit status tells how it ended");
    command.addHelpText(
      "after",
      "\nCtrl-C ends all applications, then the worker, then the master; twice skips the grace period; three times kills.\n" +
        "Applications of an earlier `aloha dev` that was killed are found again in its directory.",
    );
  },

  async run(context, command) {
    const options = command.opts<DevOptions>();
    if (process.platform === "win32")
      throw new AlohaError(
        "not-available-yet",
        "Windows is not supported: use Linux or macOS, or WSL",
      );
    const screen = devScreen(context);
    const stopping = new AbortController();
    const forced = new AbortController();
    const started: { cluster?: DevCluster } = {};
    using _interrupts = context.onInterrupt((count) => {
      stopping.abort();
      if (count === 2) forced.abort();
      if (count > 2) {
        started.cluster?.kill();
        process.exit(130);
      }
    });
    // The terminal was closed: what runs in it is not to outlive it.
    process.once("SIGHUP", () => stopping.abort());
    const cluster = await DevCluster.start(
      context,
      {
        directory: resolve(context.workingDirectory, options.dir),
        port: parsePort("--port", options.port),
        restPort: parsePort("--rest-port", options.restPort),
        cores: options.cores,
        memory: options.memory,
        properties: options.D ?? [],
      },
      screen,
    );
    started.cluster = cluster;
    const client = await openPatientClient(context, { master: cluster.url });
    try {
      return await live(context, client, cluster, screen, options, stopping.signal);
    } finally {
      await endApplications(client, context.timers, screen, forced.signal);
      await cluster.stop();
    }
  },
};

/** From the moment that everything is ready until it is to stop; gives the exit status. */
async function live(
  context: CommandContext,
  client: AlohaClient,
  cluster: DevCluster,
  screen: DevScreen,
  options: DevOptions,
  stopping: AbortSignal,
): Promise<number> {
  await sayRecovered(client, screen, stopping);
  const exitCode =
    options.example === true || options.once === true
      ? await showExample(context, client, cluster, screen, options, stopping)
      : undefined;
  if (options.once === true && exitCode !== undefined) return exitCode;
  if (exitCode === undefined && !stopping.aborted) {
    screen.text(whatToTry({ ...tryOptions(cluster, options), exampleId: undefined }));
  }
  await onceAborted(stopping);
  return exitCodes.success;
}

/** Undefined if it was interrupted. */
async function showExample(
  context: CommandContext,
  client: AlohaClient,
  cluster: DevCluster,
  screen: DevScreen,
  options: DevOptions,
  stopping: AbortSignal,
): Promise<number | undefined> {
  try {
    const application = await runExample(context, client, screen, stopping);
    if (!isTerminal(application.state)) return undefined;
    if (options.once !== true)
      screen.text(whatToTry({ ...tryOptions(cluster, options), exampleId: application.id }));
    return exitCodeOfEnd(application);
  } catch (error) {
    if (stopping.aborted) return options.once === true ? 130 : undefined;
    throw error;
  }
}

/** Says what an earlier run left behind: it goes on. */
async function sayRecovered(
  client: AlohaClient,
  screen: DevScreen,
  signal: AbortSignal,
): Promise<void> {
  try {
    const { applications } = await client.overview({ signal });
    const live = Object.entries(applications).filter(([, count]) => count > 0);
    if (live.length === 0) return;
    screen.say(
      "recovered",
      `${live.map(([state, count]) => `${count} ${state}`).join(", ")}, from an earlier run`,
    );
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function tryOptions(
  cluster: DevCluster,
  options: DevOptions,
): { readonly url: string; readonly isDefaultUrl: boolean; readonly workDirectory: string } {
  return {
    url: cluster.url,
    isDefaultUrl: options.restPort === restPortDefault,
    workDirectory: cluster.directory.work,
  };
}
