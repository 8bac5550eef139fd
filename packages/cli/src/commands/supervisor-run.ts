import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { addLoggerOptions } from "../daemon/daemon-logger.ts";
import type { LoggerFlags } from "../daemon/daemon-logger.ts";
import { openDaemon } from "../daemon/open-daemon.ts";
import { exitCodes } from "../exit-code.ts";

interface SupervisorOptions extends ConfigurationOptions, LoggerFlags {
  readonly workDir?: string;
}

/** `aloha supervisor`: a worker's supervisor as a process that something else looks after, such as systemd. */
export const supervisorRun: CommandDefinition = {
  configure(command) {
    command.option(
      "-d, --work-dir <directory>",
      "of the worker that it supervises for (default: work under ALOHA_HOME)",
    );
    addConfigurationOptions(command);
    addLoggerOptions(command);
    command.addHelpText(
      "after",
      "\nWorkers start a supervisor by themselves. Run one of its own where stopping the worker's service would end\n" +
        "whatever the worker started, and set aloha.supervisor.launch=false for the worker. SIGTERM ends it once nothing runs,\n" +
        "and at once where a native spawn agent keeps the work for its next start.",
    );
  },

  async run(context, command) {
    const options = command.opts<SupervisorOptions>();
    const [
      { supervisorDirectory, workerConfigKeys, workerOptionsFrom },
      { parseSupervisorOptions, startSupervisor },
      { delegatedCgroup },
    ] = await Promise.all([
      import("@aloha/worker"),
      import("@aloha/supervisor/daemon"),
      import("../daemon/delegated-cgroup.ts"),
    ]);
    const { config, home, runtime } = await openDaemon(context, options, [
      { flag: "--work-dir", key: workerConfigKeys.directory, text: options.workDir },
    ]);
    const { workDirectory, supervisorArguments } = workerOptionsFrom(config, home);
    const directory = supervisorDirectory(workDirectory);
    // What it makes is for its user, and for the group at most.
    process.umask(0o027);
    const parsed = parseSupervisorOptions(["--dir", directory, ...supervisorArguments]);
    // Whoever looks after it decides when it ends.
    const limits = { ...parsed.limits, idleExitMs: Number.POSITIVE_INFINITY };
    await startSupervisor({ ...parsed, limits, cgroupRoot: delegatedCgroup() });
    runtime.logger.info("supervisor is ready", {
      directory,
      socket: parsed.socketPath,
      log: `${directory}/supervisor.log`,
    });
    // It goes on with everything that it has opened, and ends the process itself.
    return exitCodes.success;
  },
};
