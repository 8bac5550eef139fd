import { AlohaError } from "@aloha/core/vocabulary";
import type { CommandContext } from "../command-context.ts";
import type { CommandDefinition } from "../command-definition.ts";
import { addConfigurationOptions, configurationSources } from "../daemon/configuration-options.ts";
import type { ConfigurationOptions } from "../daemon/configuration-options.ts";
import { checkClock } from "../doctor/check-clock.ts";
import { checkDirectory } from "../doctor/check-directory.ts";
import { checkPlatform } from "../doctor/check-platform.ts";
import { checkPort } from "../doctor/check-port.ts";
import { failure, fine } from "../doctor/finding.ts";
import type { Finding } from "../doctor/finding.ts";
import { exitCodes } from "../exit-code.ts";
import { addOutputOption } from "../input/store-options.ts";
import type { OutputFormat } from "../command-context.ts";
import { printable } from "../output/printable.ts";
import { renderTable } from "../output/render-table.ts";
import { writeJson } from "../output/write-json.ts";

interface DoctorOptions extends ConfigurationOptions {
  readonly output: OutputFormat;
}

/** `aloha doctor`: whether a master and a worker would do well on this host. Needs no master, and changes nothing. */
export const doctorRun: CommandDefinition = {
  configure(command) {
    addConfigurationOptions(command);
    addOutputOption(command);
    command.addHelpText(
      "after",
      "\nLooks at this host with the user and the limits of this shell: those of a service may differ. Exit status 1 if anything fails.",
    );
  },

  async run(context, command) {
    const options = command.opts<DoctorOptions>();
    const { checkSupervision } = await import("../doctor/check-supervision.ts");
    const findings = [
      ...checkPlatform(),
      ...(await checkClock(context)),
      ...(await checkSupervision(context.timers)),
      ...(await checkConfigured(context, options)),
    ];
    const failed = findings.some(({ status }) => status === "fail");
    if (options.output === "json") await writeJson(context, { ok: !failed, checks: findings });
    else await context.stdout.write(await findingsTable(context, findings));
    return failed ? exitCodes.applicationFailed : exitCodes.success;
  },
};

/** Whatever depends on the configuration; a wrong one is a finding too. */
async function checkConfigured(
  context: CommandContext,
  options: DoctorOptions,
): Promise<readonly Finding[]> {
  const [
    { masterConfigKeys, masterOptionsFrom },
    { workerOptionsFrom },
    { configSchema },
    { loadConfiguration },
  ] = await Promise.all([
    import("@aloha/master"),
    import("@aloha/worker"),
    import("../daemon/config-schema.ts"),
    import("../daemon/load-configuration.ts"),
  ]);
  try {
    const sources = configurationSources(options, []);
    const { config, home, file } = loadConfiguration(context, configSchema, sources);
    const master = masterOptionsFrom(config, home);
    const { host, port, recoveryMode, recoveryDirectory, rest } = master;
    const keys = masterConfigKeys;
    return [
      fine("configuration", file ?? "no file: defaults"),
      ...(recoveryMode === "FILESYSTEM" && recoveryDirectory !== undefined
        ? [await checkDirectory("recovery", recoveryDirectory, keys.recoveryDirectory.name)]
        : [fine("recovery", `mode ${recoveryMode}`)]),
      await checkDirectory(
        "work",
        workerOptionsFrom(config, home).workDirectory,
        "aloha.worker.dir",
      ),
      await checkPort("port for workers", { host, port, key: keys.port.name }),
      ...(rest === null
        ? []
        : [await checkPort("port for HTTP", { ...rest, key: keys.restPort.name })]),
    ];
  } catch (error) {
    if (!(error instanceof AlohaError)) throw error;
    return [failure("configuration", error.message, "Correct it; aloha config check says it too.")];
  }
}

async function findingsTable(
  context: CommandContext,
  findings: readonly Finding[],
): Promise<string> {
  const { paint } = context.stdout;
  const shown = { ok: "ok", warn: paint.bold("warn"), fail: paint.error("fail") } as const;
  const rows = findings.flatMap(({ check, status, found, todo }) => [
    [shown[status], check, found.split("\n").map(printable).join("; ")],
    ...(todo === null ? [] : [["", "", `-> ${todo}`]]),
  ]);
  return renderTable(context.stdout, [{ title: "" }, { title: "CHECK" }, { title: "FOUND" }], rows);
}
