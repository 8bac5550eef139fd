import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { addMasterFlags, masterFlagSettings } from "../daemon/master-flags.ts";
import type { MasterFlags } from "../daemon/master-flags.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { serveUntilStopped } from "../daemon/serve-until-stopped.ts";
import { exitCodeOfError, exitCodes } from "../exit-code.ts";
import { version } from "../version.ts";

interface MasterOptions extends ConfigurationOptions, LoggerFlags, MasterFlags {}

/** `aloha master`: runs in the foreground until it is told to stop. */
export const masterRun: CommandDefinition = {
  configure(command) {
    addMasterFlags(command);
    addConfigurationOptions(command);
    addLoggerOptions(command);
  },

  async run(context, command) {
    const options = command.opts<MasterOptions>();
    const { masterConfigKeys, masterOptionsFrom, startMaster } = await import("@aloha/master");
    const flags = masterFlagSettings(masterConfigKeys, options);
    const { config, home, configuration, runtime } = await openDaemon(context, options, flags);
    const settings = masterOptionsFrom(config, home);
    const { masterSecurity, securityFilesOf } = await import("../security/daemon-security.ts");
    const files = securityFilesOf(context, { config, home });
    const { secret, access, newJoinToken } = await masterSecurity({
      files,
      host: settings.host,
      submissionsTrust: config.get(masterConfigKeys.submissionsTrust),
    });
    const master = await startMaster({
      ...settings,
      runtime,
      softwareVersion: version(),
      ...(secret === undefined ? {} : { secret }),
      ...(access === undefined ? {} : { access }),
    });
    const address = `${master.address.host}:${master.address.port}`;
    const rest = master.restAddress;
    const url = rest === null ? null : `http://${rest.host}:${rest.port}`;
    const recovery =
      settings.recoveryMode === "FILESYSTEM" ? ` in ${settings.recoveryDirectory ?? home}` : "";
    runtime.logger.info("master is ready", {
      workers: `aloha://${address}`,
      http: url ?? "off",
      recovery: `${settings.recoveryMode}${recovery}`,
      configuration,
    });
    if (newJoinToken !== undefined) {
      runtime.logger.info(
        "This master listens beyond loopback, so it made a secret and an admin token: `aloha init` shows how workers join",
        { directory: files.directory },
      );
    }
    // To a person only: a log is no place for it.
    if (newJoinToken !== undefined && context.stderr.isTerminal) {
      await context.stderr.write(
        `Workers join with:\n  aloha worker aloha://${address} --join ${newJoinToken}\n`,
      );
    }
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
