import { listProcesses } from "./processes.ts";

/** The pid of the guardian that watches a supervisor; undefined while there is none. */
export function guardianPidOf(supervisorPid: number): number | undefined {
  const watches = (commandLine: readonly string[]): boolean => {
    const name = commandLine.indexOf("aloha-guardian");
    return name >= 0 && commandLine[name + 1] === String(supervisorPid);
  };
  return listProcesses().find(({ commandLine }) => watches(commandLine))?.pid;
}
