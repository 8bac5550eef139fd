import { join } from "node:path";
import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions, daemonLogger } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { serveUntilStopped } from "../daemon/serve-until-stopped.ts";
import { parseMasterAddresses } from "../input/parse-master-addresses.ts";
import { requiredArgument } from "../input/required-argument.ts";
import { formatCores, formatMemory } from "../output/format-amount.ts";
import { version } from "../version.ts";

interface WorkerOptions extends ConfigurationOptions, LoggerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly cores?: string;
  readonly memory?: string;
  readonly workDir?: string;
}

const mebi = 1024 ** 2;

/** `aloha worker`: runs in the foreground until it is told to stop; the work goes on without it. */
export const workerRun: CommandDefinition = {
  configure(command) {
    command
      .argument("<masters>", "aloha://host:port, or aloha://host:port,host:port for several")
      .option("-h, --host <address>", "listen on this address (default: 127.0.0.1)")
      .option("-p, --port <port>", "0 takes a free one (default: 0)")
      .option("-c, --cores <number>", "cores to offer (default: all of this host)")
      .option(
        "-m, --memory <size>",
        "memory to offer, e.g. 1000M, 2G (default: this host's, less 1 GiB)",
      )
      .option(
        "-d, --work-dir <directory>",
        "of applications and their output (default: work under ALOHA_HOME)",
      );
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
    const [
      { startWorker, workerConfigKeys: keys },
      { configTables },
      { loadConfiguration },
      { createNodeRuntime },
    ] = await Promise.all([
      import("@aloha/worker"),
      import("../daemon/config-tables.ts"),
      import("../daemon/load-configuration.ts"),
      import("@aloha/runtime/node"),
    ]);
    const { config, home, file, warnings } = loadConfiguration(
      context,
      configTables,
      configurationSources(options, [
        { flag: "--host", key: keys.host, text: options.host },
        { flag: "--port", key: keys.port, text: options.port },
        { flag: "--cores", key: keys.cores, text: options.cores },
        { flag: "--memory", key: keys.memory, text: options.memory },
        { flag: "--work-dir", key: keys.directory, text: options.workDir },
      ]),
    );
    const runtime = createNodeRuntime({ logger: daemonLogger(context, options) });
    for (const warning of warnings) runtime.logger.warn(warning);
    const cores = config.get(keys.cores);
    const memory = config.get(keys.memory);
    const worker = await startWorker({
      runtime,
      listen: { host: config.get(keys.host), port: config.get(keys.port) },
      milliCores: cores === null ? null : Math.round(cores * 1000),
      memoryMiB: memory === null ? null : Math.floor(memory / mebi),
      workDirectory: config.get(keys.directory) ?? join(home, "work"),
      masters,
      trustRefusal: config.get(keys.trustRefusal),
      cleanup: config.get(keys.cleanupEnabled)
        ? { intervalMs: config.get(keys.cleanupInterval), ttlMs: config.get(keys.cleanupTtl) }
        : null,
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
      configuration: file ?? "defaults",
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
