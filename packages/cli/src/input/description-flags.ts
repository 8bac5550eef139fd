import { AlohaError, quote } from "@aloha/core/vocabulary";
import { Option } from "commander";
import type { Command } from "commander";

/** The options that describe an application, as commander gives them. */
export interface DescriptionFlags {
  readonly name?: string;
  readonly type?: string;
  readonly cores?: string;
  readonly memory?: string;
  readonly resource?: readonly string[];
  readonly supervise?: boolean;
  readonly onDisconnect?: string;
  readonly env?: readonly string[];
  readonly label?: readonly string[];
  readonly user?: string;
  readonly openFiles?: string;
  readonly namespace?: string;
  readonly description?: string;
  readonly option?: readonly string[];
  readonly timeout?: string;
  readonly waitTimeout?: string;
  readonly deadline?: string;
  readonly key?: string;
  readonly onConflict?: string;
  readonly grace?: string;
  readonly restartOn?: string;
  readonly restarts?: string;
  readonly lib?: readonly string[];
  readonly args?: string;
  readonly requestId?: string;
}

/** Where the fields that flags set come from, for messages. */
const flagOfField: Readonly<Record<string, string>> = {
  name: "--name",
  entryPoint: "--type",
  cores: "--cores",
  memory: "--memory",
  resources: "--resource",
  supervise: "--supervise",
  onDisconnect: "--on-disconnect",
  environment: "--env",
  labels: "--label",
  user: "--user",
  limits: "--open-files",
  namespace: "--namespace",
  description: "--description",
  options: "--option",
  timeout: "--timeout",
  waitTimeout: "--wait-timeout",
  deadline: "--deadline",
  key: "--key",
  onConflict: "--on-conflict",
  stop: "--grace",
  restart: "--restart-on",
  libs: "--lib",
  args: "--args",
  requestId: "--request-id",
};

export function addDescriptionFlags(command: Command): void {
  command.optionsGroup("The application:");
  command
    .option("--name <name>", "its name, which need not be unique")
    .option("--type <entryPoint>", "what it is (default: shell)")
    .option("--cores <number>", "cores it takes, thousandths count (default: 1)")
    .option(
      "--memory <size>",
      "memory it takes, e.g. 512MiB or 2g; a number counts MiB (default: 1024)",
    )
    .option("--resource <name=amount>", "a counted extra that it takes, e.g. gpu=1", collect)
    .option("--supervise", "launch it again elsewhere when its worker is lost")
    .addOption(
      new Option("--on-disconnect <what>", "what a worker does that hears from no master").choices([
        "keep",
        "fence",
      ]),
    )
    .option(
      "--env <name=value>",
      "an environment variable; the name alone passes on yours",
      collect,
    )
    .option("--label <name=value>", "a label to find it by", collect)
    .option("--user <account>", "the account of the operating system that it runs as")
    .option("--open-files <number>", "files that its processes may have open (default: 65536)")
    .option("--namespace <name>", "the scope that it belongs to (default: default)")
    .option("--description <text>", "what it is for, for people")
    .option(
      "--option <name=value>",
      "an option of its type; a value that is JSON is taken as such",
      collect,
    )
    .option("--timeout <duration>", "stop an attempt that runs longer, e.g. 30m")
    .option("--wait-timeout <duration>", "give up if it has not started by then, e.g. 1h")
    .option("--deadline <duration>", "stop it if it has not ended by then, restarts included")
    .option("--key <key>", "at most one application with this key is live in its namespace")
    .addOption(
      new Option("--on-conflict <what>", "if its key is taken (default: reject)").choices([
        "reject",
        "replace",
        "queue",
      ]),
    )
    .option("--grace <duration>", "time between the request to stop and the kill (default: 10s)")
    .option("--restart-on <causes>", "run it again after: failure, timeout, oom (comma separated)")
    .option("--restarts <number>", "how often at most within an hour (default: 3)")
    .option("--lib <path>", "a library path", collect)
    .option(
      "--request-id <id>",
      "the same id within 24 h gives the same application, so that a retry is safe",
    );
}

/**
 * The fields that flags set. `command` is what follows `--`; as a list it is run without a shell.
 * Values are passed on as they are written: whoever validates descriptions validates these too.
 */
export function fieldsOfFlags(
  flags: DescriptionFlags,
  command: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, unknown>> {
  if (command.length > 0 && flags.args !== undefined) {
    throw new AlohaError(
      "invalid-argument",
      "give either --args or a command after `--`, not both",
    );
  }
  const fields: Record<string, unknown> = {
    name: flags.name,
    entryPoint: flags.type,
    cores: flags.cores === undefined ? undefined : numberOrText(flags.cores),
    memory: flags.memory === undefined ? undefined : numberOrText(flags.memory),
    resources: flags.resource && resourcesOf(flags.resource),
    supervise: flags.supervise,
    onDisconnect: flags.onDisconnect,
    environment: flags.env && pairs("--env", flags.env, (name) => environment[name]),
    labels: flags.label && pairs("--label", flags.label, () => undefined),
    user: flags.user,
    limits:
      flags.openFiles === undefined ? undefined : { openFiles: numberOrText(flags.openFiles) },
    namespace: flags.namespace,
    description: flags.description,
    options: flags.option && optionsOf(flags.option),
    timeout: flags.timeout,
    waitTimeout: flags.waitTimeout,
    deadline: flags.deadline,
    key: flags.key,
    onConflict: flags.onConflict,
    stop: flags.grace === undefined ? undefined : { grace: flags.grace },
    restart: restartOf(flags),
    libs: flags.lib,
    args: command.length > 0 ? command : flags.args,
    requestId: flags.requestId,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

/** The flag that sets the field at `path`. */
export function flagOfPath(path: string): string {
  const field = /^\w*/.exec(path)?.[0] ?? "";
  return flagOfField[field] ?? "the command line";
}

export function collect(value: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, value];
}

function resourcesOf(texts: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(pairs("--resource", texts, () => undefined)).map(([name, amount]) => [
      name,
      numberOrText(amount),
    ]),
  );
}

/** `--option slots=2` is the number, `--option name=orders` the text: JSON where it is JSON, else a text. */
function optionsOf(texts: readonly string[]): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(pairs("--option", texts, () => undefined)).map(([name, text]) => [
      name,
      jsonOrText(text),
    ]),
  );
}

function jsonOrText(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function restartOf(flags: DescriptionFlags): Readonly<Record<string, unknown>> | undefined {
  if (flags.restartOn === undefined) {
    if (flags.restarts === undefined) return undefined;
    throw new AlohaError(
      "invalid-argument",
      "--restarts needs --restart-on, which says after what it is run again",
    );
  }
  const causes = flags.restartOn.split(",").map((cause) => cause.trim());
  return {
    on: causes.filter((cause) => cause !== ""),
    ...(flags.restarts === undefined ? {} : { maxAttempts: numberOrText(flags.restarts) }),
  };
}

function pairs(
  flag: string,
  texts: readonly string[],
  inherited: (name: string) => string | undefined,
): Readonly<Record<string, string>> {
  const entries = texts.map((text): readonly [string, string] => {
    const separator = text.indexOf("=");
    const name = separator < 0 ? text : text.slice(0, separator);
    const value = separator < 0 ? inherited(name) : text.slice(separator + 1);
    if (name === "" || value === undefined) {
      throw new AlohaError("invalid-argument", `${flag} ${quote(text)}: write ${flag} name=value`);
    }
    return [name, value];
  });
  return Object.fromEntries(entries);
}

function numberOrText(text: string): number | string {
  return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
}
