import type { ApplicationDescription, AttemptKey, AttemptParts } from "@aloha/core";
import type { HostAccount } from "./account/read-account.ts";

/** What applications get of the worker's environment without asking. */
const inherited: ReadonlySet<string> = new Set([
  "PATH",
  "HOME",
  "USER",
  "LOGNAME",
  "SHELL",
  "LANG",
  "LANGUAGE",
  "TZ",
  "TMPDIR",
]);

/** Aloha's own secrets, which no application gets by naming them. */
const secretPattern = /^ALOHA_.*(SECRET|TOKEN|PASSWORD)/;

const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

export type WorkerEnvironment = Readonly<Record<string, string | undefined>>;

/** The environment of an attempt, or a sentence that says why there is none. */
export type CommandEnvironment =
  | { readonly kind: "environment"; readonly environment: Readonly<Record<string, string>> }
  | { readonly kind: "missing"; readonly message: string };

/** Where an attempt runs, and as whom. */
export interface CommandSurroundings {
  readonly workerId: string;
  readonly environment: WorkerEnvironment;
  /** Null or absent: the worker's own. */
  readonly account?: HostAccount | null;
  /** Real paths of its libs, where they were looked for. */
  readonly libs?: readonly string[];
}

/** All that the process of an attempt gets: some of the worker's variables, its own, and those that tell it who it is. */
export function commandEnvironment(
  attempt: AttemptKey,
  parts: AttemptParts,
  description: ApplicationDescription,
  worker: CommandSurroundings,
): CommandEnvironment {
  const environment: Record<string, string> = {
    ...inheritedFrom(worker.environment),
    ...variablesOf(worker.account ?? null),
  };
  for (const [name, value] of Object.entries(description.environment)) {
    if (typeof value === "string") {
      environment[name] = value;
      continue;
    }
    const resolved = variableOfWorker(worker.environment, value.worker);
    if (resolved === undefined) {
      return {
        kind: "missing",
        message: `The variable ${name} is to get the value of ${value.worker} of worker ${worker.workerId}, which has none to give. Set it in conf/aloha-env.sh of that host and restart the worker, or give ${name} a value.`,
      };
    }
    environment[name] = resolved;
  }
  environment["ALOHA_ATTEMPT"] = attempt;
  environment["ALOHA_APP_ID"] = parts.appId;
  environment["ALOHA_ATTEMPT_NUMBER"] = String(parts.number);
  environment["ALOHA_WORKER_ID"] = worker.workerId;
  environment["ALOHA_APP_NAME"] = description.name;
  const libs = worker.libs ?? description.libs;
  if (libs.length > 0) environment["ALOHA_LIBS"] = libs.join(":");
  return { kind: "environment", environment };
}

/** What a login as this account would set. */
function variablesOf(account: HostAccount | null): Readonly<Record<string, string>> {
  if (account === null) return {};
  const { name, home, shell } = account;
  return { HOME: home, USER: name, LOGNAME: name, SHELL: shell };
}

const inheritedByWorker = new WeakMap<WorkerEnvironment, Readonly<Record<string, string>>>();

/** What every application gets: it is the same for each, so it is picked out once. */
function inheritedFrom(worker: WorkerEnvironment): Readonly<Record<string, string>> {
  const known = inheritedByWorker.get(worker);
  if (known !== undefined) return known;
  const environment: Record<string, string> = { PATH: defaultPath };
  for (const [name, value] of Object.entries(worker)) {
    const passes = inherited.has(name) || name.startsWith("LC_");
    if (passes && value !== undefined) environment[name] = value;
  }
  inheritedByWorker.set(worker, environment);
  return environment;
}

/** What applications may know of a variable of the worker: undefined if it has none of this name, or keeps it to itself. */
export function variableOfWorker(worker: WorkerEnvironment, name: string): string | undefined {
  return secretPattern.test(name) ? undefined : worker[name];
}
