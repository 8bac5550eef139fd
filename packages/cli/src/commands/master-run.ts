import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions, daemonLogger } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { serveUntilStopped } from "../daemon/serve-until-stopped.ts";
import { exitCodeOfError, exitCodes } from "../exit-code.ts";
import { version } from "../version.ts";

interface MasterOptions extends ConfigurationOptions, LoggerFlags {
  readonly host?: string;
  readonly port?: string;
  readonly restPort?: string;
  readonly recoveryMode?: string;
  readonly recoveryDirectory?: string;
}

/** `aloha master`: runs in the foreground until it is told to stop. */
export const masterRun: CommandDefinition = {
  configure(command) {
    command
      .option("-h, --host <address>", "listen on this address (default: 127.0.0.1)")
      .option("-p, --port <port>", "for workers; 0 takes a free one (default: 7077)")
      .option("--rest-port <port>", "for HTTP; 0 takes a free one (default: 6066)")
      .option("--recovery-mode <mode>", "what survives a restart of the master: NONE, FILESYSTEM")
      .option(
        "--recovery-directory <directory>",
        "for FILESYSTEM, on a local disk (default: recovery under ALOHA_HOME)",
      );
    addConfigurationOptions(command);
    addLoggerOptions(command);
  },

  async run(context, command) {
    const options = command.opts<MasterOptions>();
    const [
      { masterConfigKeys: keys, masterOptionsFrom, startMaster },
      { configTables },
      { loadConfiguration },
      { createNodeRuntime },
    ] = await Promise.all([
      import("@aloha/master"),
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
        { flag: "--rest-port", key: keys.restPort, text: options.restPort },
        { flag: "--recovery-mode", key: keys.recoveryMode, text: options.recoveryMode },
        {
          flag: "--recovery-directory",
          key: keys.recoveryDirectory,
          text: options.recoveryDirectory,
        },
      ]),
    );
    const runtime = createNodeRuntime({ logger: daemonLogger(context, options) });
    for (const warning of warnings) runtime.logger.warn(warning);
    const settings = masterOptionsFrom(config, home);
    const master = await startMaster({ ...settings, runtime, softwareVersion: version() });
    const address = `${master.address.host}:${master.address.port}`;
    const rest = master.restAddress;
    const url = rest === null ? null : `http://${rest.host}:${rest.port}`;
    const recovery =
      settings.recoveryMode === "FILESYSTEM" ? ` in ${settings.recoveryDirectory ?? home}` : "";
    runtime.logger.info("master is ready", {
      workers: `aloha://${address}`,
      http: url ?? "off",
      recovery: `${settings.recoveryMode}${recovery}`,
      configuration: file ?? "defaults",
    });
    return serveUntilStopped(context, runtime.logger, {
      ready: {
        kind: "ready",
        address,
        url,
        summary: `${url ?? "no HTTP"}  (workers: aloha://${address})`,
      },
      async stop() {
        await master.stop();
        return exitCodes.success;
      },
      ended: master.ended.then((end) =>
        end.kind === "failed"
          ? { exitCode: exitCodeOfError(end.error.code), error: end.error }
          : null,
      ),
    });
  },
};
