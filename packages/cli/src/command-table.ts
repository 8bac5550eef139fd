import type { CommandDefinition } from "./command-definition.ts";

/** A command as the overview of `aloha --help` shows it; the rest of it is loaded when it is named. */
export interface CommandEntry {
  /** One word, or two: a noun that has several commands, and the verb. */
  readonly name: string;
  readonly summary: string;
  readonly group: string;
  load(): Promise<CommandDefinition>;
}

/** What the overview says of a noun that has several commands. */
export const nounSummaries: ReadonlyMap<string, string> = new Map([
  ["config", "show and check the configuration of masters and workers"],
  ["new", "make the beginning of something of your own"],
  ["store", "back up, check, restore and copy what a master keeps"],
]);

const begin = "Begin:";
const applications = "Applications:";
const cluster = "The cluster:";
const daemons = "Daemons:";

export const commandTable: readonly CommandEntry[] = [
  {
    name: "dev",
    summary: "start a master and a worker on this host, for trying things out",
    group: begin,
    load: async () => (await import("./commands/cluster-dev.ts")).clusterDev,
  },
  {
    name: "new application",
    summary: "make the beginning of an application that is code, with tests",
    group: begin,
    load: async () => (await import("./commands/application-new.ts")).applicationNew,
  },
  {
    name: "run",
    summary: "run a command on the cluster as if it ran here",
    group: applications,
    load: async () => (await import("./commands/application-run.ts")).applicationRun,
  },
  {
    name: "submit",
    summary: "submit applications, from flags or files",
    group: applications,
    load: async () => (await import("./commands/application-submit.ts")).applicationSubmit,
  },
  {
    name: "ps",
    summary: "list applications",
    group: applications,
    load: async () => (await import("./commands/application-list.ts")).applicationList,
  },
  {
    name: "status",
    summary: "show one application, or the cluster",
    group: applications,
    load: async () => (await import("./commands/application-status.ts")).applicationStatus,
  },
  {
    name: "why",
    summary: "say why an application waits, or where it runs",
    group: applications,
    load: async () => (await import("./commands/application-explain.ts")).applicationExplain,
  },
  {
    name: "logs",
    summary: "print the output of an application",
    group: applications,
    load: async () => (await import("./commands/application-logs.ts")).applicationLogs,
  },
  {
    name: "stop",
    summary: "ask an application to stop, and kill it after its grace period",
    group: applications,
    load: async () => (await import("./commands/application-stop.ts")).applicationStop,
  },
  {
    name: "kill",
    summary: "kill an application at once",
    group: applications,
    load: async () => (await import("./commands/application-kill.ts")).applicationKill,
  },
  {
    name: "rerun",
    summary: "run an application that has ended again",
    group: applications,
    load: async () => (await import("./commands/application-rerun.ts")).applicationRerun,
  },
  {
    name: "workers",
    summary: "list workers",
    group: cluster,
    load: async () => (await import("./commands/worker-list.ts")).workerList,
  },
  {
    name: "events",
    summary: "print the cluster's events",
    group: cluster,
    load: async () => (await import("./commands/event-list.ts")).eventList,
  },
  {
    name: "master",
    summary: "run a master",
    group: daemons,
    load: async () => (await import("./commands/master-run.ts")).masterRun,
  },
  {
    name: "worker",
    summary: "run a worker",
    group: daemons,
    load: async () => (await import("./commands/worker-run.ts")).workerRun,
  },
  {
    name: "worker show",
    summary: "show one worker",
    group: cluster,
    load: async () => (await import("./commands/worker-show.ts")).workerShow,
  },
  {
    name: "worker drain",
    summary: "give a worker no more work",
    group: cluster,
    load: async () => (await import("./commands/worker-drain.ts")).workerDrain,
  },
  {
    name: "worker resume",
    summary: "give a worker that was drained work again",
    group: cluster,
    load: async () => (await import("./commands/worker-resume.ts")).workerResume,
  },
  {
    name: "worker label",
    summary: "set or remove labels of a worker",
    group: cluster,
    load: async () => (await import("./commands/worker-label.ts")).workerLabel,
  },
  {
    name: "init",
    summary: "make the secret of a cluster, and say how workers join",
    group: daemons,
    load: async () => (await import("./commands/security-init.ts")).securityInit,
  },
  {
    name: "supervisor",
    summary: "run a worker's supervisor as a service of its own",
    group: daemons,
    load: async () => (await import("./commands/supervisor-run.ts")).supervisorRun,
  },
  {
    name: "config show",
    summary: "show each setting that is in force, and where it comes from",
    group: daemons,
    load: async () => (await import("./commands/config-show.ts")).configShow,
  },
  {
    name: "config check",
    summary: "say everything that is wrong with a configuration",
    group: daemons,
    load: async () => (await import("./commands/config-check.ts")).configCheck,
  },
  {
    name: "store backup",
    summary: "copy a master's store into one file, while the master runs",
    group: daemons,
    load: async () => (await import("./commands/store-backup.ts")).storeBackup,
  },
  {
    name: "store verify",
    summary: "read all of a store or a backup, and say what is wrong with it",
    group: daemons,
    load: async () => (await import("./commands/store-verify.ts")).storeVerify,
  },
  {
    name: "store restore",
    summary: "make a store out of a backup",
    group: daemons,
    load: async () => (await import("./commands/store-restore.ts")).storeRestore,
  },
  {
    name: "store copy",
    summary: "copy the store of a master that is stopped",
    group: daemons,
    load: async () => (await import("./commands/store-copy.ts")).storeCopy,
  },
  {
    name: "doctor",
    summary: "say whether this host is fit for a master and a worker, and what to do",
    group: begin,
    load: async () => (await import("./commands/doctor-run.ts")).doctorRun,
  },
  {
    name: "completion",
    summary: "print a script that completes commands and options in a shell",
    group: begin,
    load: async () => (await import("./commands/completion-print.ts")).completionPrint,
  },
  {
    name: "version",
    summary: "print the version",
    group: begin,
    load: async () => (await import("./commands/version-show.ts")).versionShow,
  },
];
