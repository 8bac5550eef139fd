import type { ConfigKey } from "@aloha/core";

/** Every `aloha.*` key that a master reads (COMPATIBILITY 2). */
export const masterConfigKeys = {
  host: {
    name: "aloha.master.host",
    type: "string",
    default: "127.0.0.1",
    environment: "ALOHA_MASTER_HOST",
    doc: "Address on which the master listens, for workers and for HTTP.",
  },
  port: {
    name: "aloha.master.port",
    type: "integer",
    default: 7077,
    min: 0,
    max: 65_535,
    environment: "ALOHA_MASTER_PORT",
    doc: "Port for workers; 0 takes a free one.",
  },
  restEnabled: {
    name: "aloha.master.rest.enabled",
    type: "boolean",
    default: true,
    doc: "Whether the master serves HTTP: submissions, the native API and the command line need it.",
  },
  restPort: {
    name: "aloha.master.rest.port",
    type: "integer",
    default: 6066,
    min: 0,
    max: 65_535,
    doc: "Port for HTTP; 0 takes a free one.",
  },
  recoveryMode: {
    name: "aloha.deploy.recoveryMode",
    type: "choice",
    choices: ["NONE", "FILESYSTEM", "ZOOKEEPER"],
    default: "NONE",
    doc: "Where the master keeps its state: NONE loses it at the end of the process, FILESYSTEM keeps it in recoveryDirectory, ZOOKEEPER (not available yet) shares it with standby masters.",
  },
  recoveryDirectory: {
    name: "aloha.deploy.recoveryDirectory",
    type: "string",
    default: null,
    doc: "Directory on a local disk for FILESYSTEM; by default recovery under ALOHA_HOME.",
  },
  zookeeperUrl: {
    name: "aloha.deploy.zookeeper.url",
    type: "string",
    default: null,
    doc: "Connect string for ZOOKEEPER, host:port separated by commas. Not available yet.",
  },
  zookeeperDirectory: {
    name: "aloha.deploy.zookeeper.dir",
    type: "string",
    default: "/aloha",
    doc: "Root node for ZOOKEEPER. Not available yet.",
  },
  retainedApplications: {
    name: "aloha.deploy.retainedApplications",
    type: "integer",
    default: 100_000,
    min: 0,
    max: 10_000_000,
    doc: "Applications that have ended and are kept, at most.",
  },
  retainedSuccesses: {
    name: "aloha.deploy.retention.successes",
    type: "duration",
    bareUnit: "d",
    default: 604_800_000,
    doc: "How long applications that finished or were killed are kept.",
  },
  retainedFailures: {
    name: "aloha.deploy.retention.failures",
    type: "duration",
    bareUnit: "d",
    default: 2_592_000_000,
    doc: "How long applications that failed, timed out or ended in an error are kept.",
  },
  workerTimeout: {
    name: "aloha.worker.timeout",
    type: "duration",
    bareUnit: "s",
    default: 60_000,
    min: 2_000,
    max: 86_400_000,
    doc: "The lease of a worker: without hearing from its master for so long it ends what is to be fenced.",
  },
  deadWorkerPersistence: {
    name: "aloha.dead.worker.persistence",
    type: "integer",
    default: 15,
    min: 0,
    max: 1_000_000,
    doc: "Worker timeouts for which a dead worker stays listed.",
  },
  reserveAfter: {
    name: "aloha.scheduler.reserveAfter",
    type: "duration",
    bareUnit: "s",
    default: 60_000,
    doc: "How long an application waits before a worker is kept free for it.",
  },
  waitingApplicationsMax: {
    name: "aloha.scheduler.waitingApplicationsMax",
    type: "integer",
    default: 1_000_000,
    min: 1,
    max: 10_000_000,
    doc: "Applications that may wait for a place; more are refused.",
  },
} as const;

/** The keys as one table. */
export const masterConfigTable: readonly ConfigKey[] = Object.values(masterConfigKeys);
