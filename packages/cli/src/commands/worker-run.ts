import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { serveUntilStopped } from "../daemon/serve-until-stopped.ts";
import { addWorkerFlags, workerFlagSettings } from "../daemon/worker-flags.ts";
import type { WorkerFlags } from "../daemon/worker-flags.ts";
import { parseMasterAddresses } from "../input/parse-master-addresses.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { formatCores, formatMemory } from "../output/format-amount.ts";
import { version } from "../version.ts";

interface WorkerOptions extends ConfigurationOptions, LoggerFlags, WorkerFlags {
  readonly join?: string;
}

/** `aloha worker`: runs in the foreground until it is told to stop; the work goes on without it. */
export const workerRun: CommandDefinition = {
  configure(command) {
    command.argument("<masters>", "aloha://host:port, or aloha://host:port,host:port for several");
    addWorkerFlags(command);
    command.option("--join <token>", "join the cluster that made it; it is kept for later starts");
    addConfigurationOptions(command);
    addLoggerOptions(command);
    command.addHelpText(
      "after",
      "\nSIGTERM or Ctrl-C stops the worker; applications go on, and the next worker in the same directory has them.",
    );
  },

  async run(context, command) {
    const options = command.opts<WorkerOptions>();
    const masters = parseMasterAddresses(requiredArgument(command, 0));
    const { startWorker, workerConfigKeys, workerOptionsFrom } = await import("@aloha/worker");
    const flags = workerFlagSettings(workerConfigKeys, options);
    const { config, home, configuration, runtime } = await openDaemon(context, options, flags);
    const settings = workerOptionsFrom(config, home);
    const { securityFilesOf, workerHost, workerSecurity } =
      await import("../security/daemon-security.ts");
    const isChosen = config.origin(workerConfigKeys.host).kind !== "default";
    const host = isChosen ? settings.listen.host : await workerHost(masters);
    const secret = await workerSecurity({
      files: securityFilesOf(context, { config, home }),
      host,
      masters,
      joinToken: options.join,
    });
    const worker = await startWorker({
      ...settings,
      listen: { ...settings.listen, host },
      ...(secret === undefined ? {} : { secret }),
      runtime,
      masters,
      softwareVersion: version(),
      environment: context.environment,
    });
    const address = `${worker.address.host}:${worker.address.port}`;
    const offer = `${formatCores(worker.milliCores)} cores, ${formatMemory(worker.memoryMiB)}`;
    runtime.logger.info("worker is ready", {
      workerId: worker.workerId,
      address,
      offers: offer,
      workDirectory: worker.workDirectory,
      masters: masters.join(","),
      configuration,
    });
    return serveUntilStopped(context, runtime.logger, {
      ready: { kind: "ready", address, url: null, summary: offer },
      async stop({ stopWork }) {
        const { code, message } = await worker.stop({ stopWork });
        runtime.logger.info(message);
        return code;
      },
      ended: worker.ended.then(({ code, message }) =>
        code === 0 ? null : { exitCode: code, error: new Error(message) },
      ),
    });
  },
};
