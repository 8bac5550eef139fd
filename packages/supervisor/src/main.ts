import { toAlohaError } from "@aloha/core";
import { startSupervisor } from "./start-supervisor.ts";
import { parseSupervisorOptions } from "./supervisor-options.ts";

try {
  process.umask(0o027);
  await startSupervisor(parseSupervisorOptions(process.argv.slice(2)));
} catch (error) {
  const { code, message } = toAlohaError(error);
  process.stderr.write(`aloha supervisor: ${message}\n`);
  // 3: another supervisor has the directory, which is no failure to whoever wanted one.
  process.exit(code === "conflict" ? 3 : 1);
}
