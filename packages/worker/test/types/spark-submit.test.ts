import { execFile } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { formatAttemptKey, parseDescription } from "@aloha/core";
import type { ApplicationDescription } from "@aloha/core";
import { expect, onTestFinished, test } from "vitest";
import { commandEnvironment } from "../../src/command-environment.ts";
import type { ApplicationCommand } from "../../src/types/application-type.ts";
import { sparkSubmit } from "../../src/types/spark-submit.ts";

const appId = "driver-20260101000000-0001";
const parts = { clusterId: "c-1", appId, number: 1 };

async function temporaryDirectory(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "aloha-spark-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

type Fields = Readonly<Record<string, unknown>>;
type Variables = Readonly<Record<string, string>>;

function described(fields: Fields): ApplicationDescription {
  const parsed = parseDescription(
    { name: "pie", entryPoint: "spark-submit", ...fields },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.description;
}

/** What a worker with this environment makes of an application. */
function prepare(fields: Fields, environment: Variables): ApplicationCommand {
  return sparkSubmit.command(described(fields), { workerId: "worker-1", environment });
}

/** The command, and all variables that it gets. */
function command(
  fields: Fields,
  environment: Variables,
): { readonly argv: readonly string[]; readonly environment: Variables } {
  const prepared = prepare(fields, environment);
  const own = commandEnvironment(formatAttemptKey(parts), parts, described(fields), {
    workerId: "worker-1",
    environment,
    account: null,
    libs: [],
  });
  if (prepared.kind !== "command" || own.kind !== "environment") throw new Error("no command");
  return { argv: prepared.argv, environment: { ...own.environment, ...prepared.environment } };
}

test("it is spark-submit of the worker's SPARK_HOME with the arguments as they are", () => {
  const args = ["--class", "A", "x.jar", "two words", "{{USER}}"];
  const { argv } = command({ args }, { SPARK_HOME: "/opt/spark", USER: "me" });
  expect(argv).toEqual(["/opt/spark/bin/spark-submit", ...args]);
});

test("a worker without SPARK_HOME says so, and where it is to be set", () => {
  for (const environment of [{}, { SPARK_HOME: "" }]) {
    expect(prepare({ args: ["x.jar"] }, environment)).toEqual({
      kind: "no-command",
      code: "environment",
      message: expect.stringMatching(
        /SPARK_HOME is not set on worker worker-1.*conf\/aloha-env\.sh/,
      ),
    });
  }
});

test("a script for args is refused with what is expected", () => {
  expect(prepare({ args: "--class A x.jar" }, { SPARK_HOME: "/opt/spark" })).toMatchObject({
    kind: "no-command",
    message: expect.stringContaining("must be a list"),
  });
});

test("a placeholder as a whole value of a property or variable becomes the worker's variable; others stay", () => {
  const { argv, environment } = command(
    {
      args: [
        ...["--conf", "spark.a={{DATA}}"],
        ...["--conf", "spark.b=x{{DATA}}"],
        ...["--conf", "spark.c={{ABSENT}}"],
        ...["--conf", "spark.d={{ALOHA_SECRET}}"],
        ...["x.jar", "{{DATA}}"],
      ],
      environment: {
        WHOLE: "{{DATA}}",
        PART: "x{{DATA}}",
        NONE: "{{ABSENT}}",
        SECRET: "{{ALOHA_SECRET}}",
      },
    },
    { SPARK_HOME: "/opt/spark", DATA: "/data", ALOHA_SECRET: "hush" },
  );
  expect(argv.slice(1)).toEqual([
    ...["--conf", "spark.a=/data"],
    ...["--conf", "spark.b=x{{DATA}}"],
    ...["--conf", "spark.c={{ABSENT}}"],
    ...["--conf", "spark.d={{ALOHA_SECRET}}"],
    ...["x.jar", "{{DATA}}"],
  ]);
  expect(environment).toMatchObject({
    WHOLE: "/data",
    PART: "x{{DATA}}",
    NONE: "{{ABSENT}}",
    SECRET: "{{ALOHA_SECRET}}",
  });
  expect(JSON.stringify(environment)).not.toContain("hush");
});

test("what the worker's host knows of Spark is there; the application's own variables win, but not over SPARK_HOME", () => {
  const { environment } = command(
    { args: ["x.jar"], environment: { SPARK_HOME: "/elsewhere", SPARK_LOCAL_DIRS: "/mine" } },
    {
      SPARK_HOME: "/opt/spark",
      SPARK_LOCAL_DIRS: "/host",
      SPARK_CONF_DIR: "/etc/spark",
      SPARK_ENV_LOADED: "1",
      JAVA_HOME: "/opt/java",
      HADOOP_CONF_DIR: "/etc/hadoop",
      UNRELATED: "x",
    },
  );
  expect(environment).toMatchObject({
    SPARK_HOME: "/opt/spark",
    SPARK_LOCAL_DIRS: "/mine",
    SPARK_CONF_DIR: "/etc/spark",
    JAVA_HOME: "/opt/java",
    HADOOP_CONF_DIR: "/etc/hadoop",
    ALOHA_APP_ID: appId,
  });
  expect(environment).not.toHaveProperty("SPARK_ENV_LOADED");
  expect(environment).not.toHaveProperty("UNRELATED");
});

test.each([
  [0.5, "local[1]"],
  [3, "local[3]"],
])("where nothing names a master, %d cores are %s", (cores, master) => {
  const spark = { SPARK_HOME: "/opt/spark" };
  expect(command({ args: ["x.jar"], cores }, spark).environment["MASTER"]).toBe(master);
  const named = command({ args: ["x.jar"], cores }, { ...spark, MASTER: "spark://x:7077" });
  expect(named.environment["MASTER"]).toBe("spark://x:7077");
});

test("a spark-submit gets every argument and variable as it was meant", async () => {
  const home = await temporaryDirectory();
  const script = join(home, "bin", "spark-submit");
  await mkdir(join(home, "bin"));
  await writeFile(script, '#!/bin/sh\nprintf "%s|" "$@" "$MASTER" "$GREETING" "$SPARK_HOME"\n');
  await chmod(script, 0o755);
  const { argv, environment } = command(
    { args: ["--conf", "spark.x=a b", "x.jar", "$HOME 'q'"], environment: { GREETING: "{{HI}}" } },
    { SPARK_HOME: home, HI: "hello" },
  );
  const [program = "", ...rest] = argv;
  const { stdout } = await promisify(execFile)(program, rest, { env: { ...environment } });
  expect(stdout.split("|")).toEqual([
    ...["--conf", "spark.x=a b", "x.jar", "$HOME 'q'"],
    ...["local[1]", "hello", home, ""],
  ]);
});
