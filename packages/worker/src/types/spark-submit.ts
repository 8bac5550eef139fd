import type { ApplicationDescription } from "@aloha/core";
import { variableOfWorker, type WorkerEnvironment } from "../command-environment.ts";
import type { ApplicationType } from "./application-type.ts";

/** Variables of the worker that tell `spark-submit` what is where on its host, beside `SPARK_*`. */
const variablesOfHost: ReadonlySet<string> = new Set([
  "JAVA_HOME",
  "HADOOP_HOME",
  "HADOOP_CONF_DIR",
  "YARN_CONF_DIR",
  "PYSPARK_PYTHON",
  "PYSPARK_DRIVER_PYTHON",
]);

const placeholder = /^\{\{([A-Za-z_][A-Za-z0-9_]*)\}\}$/;

/**
 * `spark-submit` of the worker's Spark, with `args` as its arguments. A text that is `{{NAME}}` as a whole, as
 * the value of a property or of a variable, is the worker's variable NAME, as in Spark; where the worker has none it stays as it is.
 */
export const sparkSubmit: ApplicationType = {
  names: ["spark-submit"],
  command(description, { workerId, environment: worker }) {
    const { args } = description;
    const home = worker["SPARK_HOME"] ?? "";
    if (home === "") {
      return {
        kind: "no-command",
        code: "environment",
        message: `SPARK_HOME is not set on worker ${workerId}, and without it there is no spark-submit to run. Set it to the directory of a Spark distribution in conf/aloha-env.sh of that host, and restart the worker.`,
      };
    }
    if (typeof args === "string") {
      return {
        kind: "no-command",
        code: "command-not-found",
        message:
          'args of spark-submit must be a list of its arguments, such as ["--class", "org.example.Main", "/path/of.jar"].',
      };
    }
    return {
      kind: "command",
      argv: [
        `${home}/bin/spark-submit`,
        ...args.map((argument, index) =>
          args[index - 1] === "--conf" ? withoutPlaceholder(argument, worker) : argument,
        ),
      ],
      environment: environmentOf(description, worker, home),
    };
  },
};

/** Of `key={{NAME}}`. */
function withoutPlaceholder(property: string, worker: WorkerEnvironment): string {
  const start = property.indexOf("=") + 1;
  return property.slice(0, start) + resolve(property.slice(start), worker);
}

function environmentOf(
  { environment, milliCores }: ApplicationDescription,
  worker: WorkerEnvironment,
  home: string,
): Readonly<Record<string, string>> {
  // Spark's last resort, after its own configuration: without it a driver would take every core of the host.
  const added: Record<string, string> = {
    MASTER: `local[${Math.max(1, Math.floor(milliCores / 1000))}]`,
  };
  for (const [name, value] of Object.entries(worker)) {
    const isOfHost = variablesOfHost.has(name) || name.startsWith("SPARK_") || name === "MASTER";
    if (isOfHost && value !== undefined) added[name] = value;
  }
  // Set by Spark's scripts once they have read conf/spark-env.sh, which is still to be read here.
  delete added["SPARK_ENV_LOADED"];
  for (const [name, value] of Object.entries(environment)) {
    delete added[name];
    if (typeof value === "string" && placeholder.test(value) && !name.startsWith("ALOHA_"))
      added[name] = resolve(value, worker);
  }
  return { ...added, SPARK_HOME: home };
}

function resolve(text: string, worker: WorkerEnvironment): string {
  const name = placeholder.exec(text)?.[1];
  return name === undefined ? text : (variableOfWorker(worker, name) ?? text);
}
