/**
 * A submission in Spark's dialect is an application of the type `spark-submit`: the driver runs on a worker, as
 * `spark-submit` of that worker's SPARK_HOME runs it. What Spark's own server does with the fields was read from
 * Spark 4 (StandaloneRestServer, RestSubmissionClient) and seen by asking it.
 */
import { parseDescription, quote } from "@aloha/core";
import { readDriverAmounts } from "./driver-amounts.ts";
import {
  malformed,
  optionalText,
  requiredText,
  present,
  textList,
  textMap,
  type CreateSubmission,
  type SubmissionBody,
} from "./submission-fields.ts";

const fields: ReadonlySet<string> = new Set([
  "action",
  "message",
  "clientSparkVersion",
  "appResource",
  "mainClass",
  "appArgs",
  "sparkProperties",
  "environmentVariables",
]);

/** What the main class is where the application is a script, which then comes first in `appArgs`. */
const sparkSubmitClass = "org.apache.spark.deploy.SparkSubmit";

/**
 * Variables that say something about the host that they come from: Spark's client does not send the first three,
 * its server does not pass on the others.
 */
const variablesOfHost: ReadonlySet<string> = new Set([
  "SPARK_HOME",
  "SPARK_CONF_DIR",
  "SPARK_ENV_LOADED",
  "SPARK_LOCAL_IP",
  "SPARK_LOCAL_HOSTNAME",
]);

/** Spark starts a supervised driver again after a failure, without end; it waits a second, and twice as long each time. */
const restartOfSupervised = {
  on: ["failure", "oom"],
  maxAttempts: 10_000,
  backoff: { initial: "1s", max: "5m" },
} as const;

/** What a field of the description is called by whoever sent the request. */
const namesInRequest: ReadonlyMap<string, string> = new Map([
  ["name", "spark.app.name"],
  ["environment", "environmentVariables"],
  ["args", "the command line made of sparkProperties and appArgs"],
  ["cores", "spark.driver.cores"],
  ["memory", "spark.driver.memory"],
]);

/** Reads a CreateSubmissionRequest of Spark's dialect. Throws a RequestError (400) that names the field or the property. */
export function parseSparkCreate(body: SubmissionBody): CreateSubmission {
  requiredText(body, "clientSparkVersion");
  const appResource = requiredText(body, "appResource");
  if (present(body, "sparkProperties") === undefined)
    throw malformed("'sparkProperties' is missing in message CreateSubmissionRequest.");
  const properties = textMap(body, "sparkProperties");
  const name = properties.get("spark.app.name");
  if (name === undefined)
    throw malformed("'spark.app.name' is missing in message CreateSubmissionRequest.");
  const { cores, memoryMiB, supervise } = readDriverAmounts(properties);
  const parsed = parseDescription(
    {
      name,
      entryPoint: "spark-submit",
      args: [
        ...optionsOf(properties),
        ...programOf(appResource, optionalText(body, "mainClass"), textList(body, "appArgs")),
      ],
      cores,
      memory: memoryMiB,
      supervise,
      restart: supervise ? restartOfSupervised : {},
      environment: environmentOf(textMap(body, "environmentVariables")),
    },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok)
    throw malformed(
      parsed.errors.map(({ path, message }) => inWordsOfRequest(path, message)).join("; "),
    );
  return {
    dialect: "spark",
    description: parsed.description,
    unknownFields: Object.keys(body).filter((field) => !fields.has(field)),
  };
}

/**
 * Properties as options. Spark's client names the master that it submits to, which is this one: that is no place where
 * Spark runs its work, so the worker's own configuration says where. Any other master is meant, and kept.
 */
function optionsOf(properties: ReadonlyMap<string, string>): readonly string[] {
  const isOurs = (properties.get("spark.master") ?? "spark://").startsWith("spark://");
  const options: string[] = isOurs ? ["--deploy-mode", "client"] : [];
  for (const [key, value] of properties) {
    if (isOurs && (key === "spark.master" || key === "spark.submit.deployMode")) continue;
    if (!/^[^\s=]+$/.test(key))
      throw malformed(
        `'sparkProperties' has the name ${quote(key)}: a name has no spaces and no equals sign.`,
      );
    options.push("--conf", `${key}=${value}`);
  }
  return options;
}

function programOf(
  appResource: string,
  mainClass: string,
  appArgs: readonly string[],
): readonly string[] {
  if (mainClass === sparkSubmitClass) {
    if (appArgs.length === 0)
      throw malformed(
        `'appArgs' must begin with the script to run, since 'mainClass' is ${sparkSubmitClass}.`,
      );
    return appArgs;
  }
  if (appResource === "" || appResource.startsWith("-"))
    throw malformed(
      `'appResource' must be the jar or script of the application, not ${quote(appResource)}.`,
    );
  return [...(mainClass === "" ? [] : ["--class", mainClass]), appResource, ...appArgs];
}

function environmentOf(variables: ReadonlyMap<string, string>): Readonly<Record<string, string>> {
  return Object.fromEntries([...variables].filter(([name]) => !variablesOfHost.has(name)));
}

function inWordsOfRequest(path: string, message: string): string {
  const [field = ""] = /^\w*/.exec(path) ?? [];
  const name = namesInRequest.get(field);
  return name !== undefined && message.startsWith(field)
    ? `${name}${message.slice(field.length)}`
    : message;
}
