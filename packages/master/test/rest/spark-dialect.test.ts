/** What a submission in Spark's dialect becomes, field by field. The exchanges of Spark's client are in spark-exchanges.test.ts. */
import { expect, test } from "vitest";
import { runningMaster } from "../running-master.ts";
import { callSubmissions, type Answer } from "./submissions-call.ts";

const request = {
  action: "CreateSubmissionRequest",
  clientSparkVersion: "4.0.0",
  appResource: "file:/opt/pie.jar",
  mainClass: "org.example.Pie",
  appArgs: ["two slices", "80"],
  sparkProperties: { "spark.app.name": "pie", "spark.master": "spark://somewhere:6066" },
  environmentVariables: { SPARK_ONE: "UN" },
};

type Properties = Readonly<Record<string, unknown>>;

function withProperties(properties: Properties): unknown {
  return { ...request, sparkProperties: { ...request.sparkProperties, ...properties } };
}

function create(url: string, body: unknown): Promise<Answer> {
  return callSubmissions(`${url}/v1/submissions/create`, "POST", body);
}

/** The application that a body becomes, as the native interface shows it. */
async function created(body: unknown): Promise<Answer["body"]> {
  const { url } = await runningMaster();
  const { body: answer } = await create(url, body);
  expect(answer).toMatchObject({ success: true });
  const id = String(answer["submissionId"]);
  return (await callSubmissions(`${url}/api/v1/applications/${id}`)).body;
}

test("a driver is spark-submit with class, resource, arguments and properties, beside its own variables", async () => {
  expect(
    await created(
      withProperties({ "spark.submit.deployMode": "cluster", "spark.jars": "a.jar,b.jar" }),
    ),
  ).toMatchObject({
    name: "pie",
    entryPoint: "spark-submit",
    cores: 1,
    description: {
      args: [
        ...["--deploy-mode", "client"],
        ...["--conf", "spark.app.name=pie"],
        ...["--conf", "spark.jars=a.jar,b.jar"],
        ...["--class", "org.example.Pie"],
        "file:/opt/pie.jar",
        "two slices",
        "80",
      ],
      environment: { SPARK_ONE: "UN" },
      supervise: false,
      restart: { on: [] },
    },
  });
});

test("a master that is no standalone one is meant, and so is its deploy mode", async () => {
  const application = await created(
    withProperties({ "spark.master": "yarn", "spark.submit.deployMode": "cluster" }),
  );
  expect(application).toMatchObject({
    description: {
      args: expect.arrayContaining(["spark.master=yarn", "spark.submit.deployMode=cluster"]),
    },
  });
  expect(application).not.toMatchObject({
    description: { args: expect.arrayContaining(["--deploy-mode"]) },
  });
});

test("a Python application is its script and the arguments of that", async () => {
  expect(
    await created({
      ...request,
      appResource: "",
      mainClass: "org.apache.spark.deploy.SparkSubmit",
      appArgs: ["/opt/pi.py", "80"],
      sparkProperties: { "spark.app.name": "pi" },
    }),
  ).toMatchObject({
    description: {
      args: ["--deploy-mode", "client", "--conf", "spark.app.name=pi", "/opt/pi.py", "80"],
    },
  });
});

test("without a main class the resource says what is run", async () => {
  const { mainClass: _mainClass, ...rest } = request;
  expect(
    await created({
      ...rest,
      appResource: "/opt/pi.py",
      sparkProperties: { "spark.app.name": "x" },
    }),
  ).toMatchObject({
    description: { args: expect.not.arrayContaining(["--class"]) },
  });
});

test.each([
  [{}, 1024 + 384],
  [{ "spark.driver.memory": "512m" }, 512 + 384],
  [{ "spark.driver.memory": "1g" }, 1024 + 384],
  [{ "spark.driver.memory": "8G" }, 8192 + 820],
  [{ "spark.driver.memory": "2gb" }, 2048 + 384],
  [{ "spark.driver.memory": "1GiB" }, 1024 + 384],
  [{ "spark.driver.memory": "524288k" }, 512 + 384],
  [{ "spark.driver.memory": "1073741824" }, 1024 + 384],
  [{ "spark.driver.memory": "1g", "spark.driver.memoryOverhead": "0" }, 1024],
  [{ "spark.driver.memory": "1g", "spark.driver.memoryOverhead": "100m" }, 1124],
  [{ "spark.driver.memory": "10g", "spark.driver.memoryOverheadFactor": "0.4" }, 10240 + 4096],
])(
  "%o reserves %i MiB: the heap, and what a JVM takes beside it",
  async (properties, memoryMiB) => {
    expect(await created(withProperties(properties))).toMatchObject({ memoryMiB });
  },
);

test("cores are those of the driver; a supervised one is relaunched when its worker is lost, and when it fails", async () => {
  expect(
    await created(
      withProperties({
        "spark.driver.cores": "2",
        "spark.driver.supervise": "TRUE",
        "spark.cores.max": "10000",
        "spark.executor.memory": "256m",
      }),
    ),
  ).toMatchObject({
    cores: 2,
    description: { supervise: true, restart: { on: ["failure", "oom"], maxAttempts: 10_000 } },
  });
});

test.each([
  ["spark.driver.cores", "one hundred feet"],
  ["spark.driver.cores", "0"],
  ["spark.driver.cores", "-1"],
  ["spark.driver.cores", "1.5"],
  ["spark.driver.cores", ""],
  ["spark.cores.max", "two men"],
  ["spark.cores.max", "-4"],
  ["spark.driver.supervise", "nope, never"],
  ["spark.driver.memory", "a lot"],
  ["spark.driver.memory", "-1g"],
  ["spark.driver.memory", "0"],
  ["spark.driver.memory", "1.5g"],
  ["spark.driver.memory", "512"],
  ["spark.executor.memory", "none"],
  ["spark.driver.memoryOverhead", "x"],
  ["spark.driver.memoryOverheadFactor", "-1"],
])("%s=%j is 400, and named", async (name, value) => {
  const { url } = await runningMaster();
  const answer = await create(url, withProperties({ [name]: value }));
  expect(answer).toMatchObject({
    status: 400,
    body: { action: "ErrorResponse", message: expect.stringContaining(`'${name}' must be`) },
  });
});

test.each([
  ["no clientSparkVersion", { clientSparkVersion: null }, "'clientSparkVersion' is missing"],
  ["no appResource", { appResource: null }, "'appResource' is missing"],
  ["an empty appResource", { appResource: "" }, "'appResource' must be the jar or script"],
  [
    "an option for a resource",
    { appResource: "--help" },
    "'appResource' must be the jar or script",
  ],
  ["no sparkProperties", { sparkProperties: null }, "'sparkProperties' is missing"],
  ["sparkProperties as a number", { sparkProperties: 5 }, "'sparkProperties' must be an object"],
  ["no name", { sparkProperties: {} }, "'spark.app.name' is missing"],
  ["an empty name", { sparkProperties: { "spark.app.name": "" } }, "spark.app.name must be"],
  [
    "a property that is a list",
    { sparkProperties: { "spark.app.name": "x", "spark.jars": ["a"] } },
    "'spark.jars' must be a text",
  ],
  [
    "a property that would be two",
    { sparkProperties: { "spark.app.name": "x", "a=b": "c" } },
    "'sparkProperties' has the name",
  ],
  ["appArgs as a text", { appArgs: "80" }, "'appArgs' must be a list"],
  ["appArgs of objects", { appArgs: ["x", {}] }, "'appArgs[1]' must be a text"],
  ["environmentVariables as a list", { environmentVariables: ["A=1"] }, "'environmentVariables'"],
  [
    "a variable that Aloha sets itself",
    { environmentVariables: { ALOHA_ATTEMPT: "1" } },
    "environmentVariables has the name",
  ],
  [
    "a script without a script",
    { mainClass: "org.apache.spark.deploy.SparkSubmit", appArgs: [] },
    "'appArgs' must begin with the script",
  ],
])("%s is 400, and named", async (_what, change, message) => {
  const { url } = await runningMaster();
  expect(await create(url, { ...request, ...change })).toMatchObject({
    status: 400,
    body: { action: "ErrorResponse", message: expect.stringContaining(message) },
  });
});

test("numbers and flags count as texts, null as absent, and a secret is never shown", async () => {
  expect(
    await created({
      ...request,
      appArgs: [80, true],
      sparkProperties: { "spark.app.name": "pie", "spark.driver.cores": 2, "spark.x": null },
      environmentVariables: { A: 1, B: null },
    }),
  ).toMatchObject({
    cores: 2,
    description: {
      args: expect.arrayContaining(["spark.driver.cores=2", "80", "true"]),
      environment: { A: "1" },
    },
  });
  const { url } = await runningMaster();
  const answer = await create(url, { ...request, environmentVariables: { A: { b: "hush" } } });
  expect(answer.status).toBe(400);
  expect(answer.text).not.toContain("hush");
});

test("variables that say something about the client's host stay there; the others arrive, placeholders as they are", async () => {
  const application = await created({
    ...request,
    environmentVariables: {
      SPARK_HOME: "/client",
      SPARK_CONF_DIR: "/client/conf",
      SPARK_ENV_LOADED: "1",
      SPARK_LOCAL_IP: "10.0.0.1",
      SPARK_LOCAL_HOSTNAME: "client",
      SPARK_USER: "{{USER}}",
      OTHER: "x",
    },
  });
  const { environment } = application["description"] as { environment: unknown };
  expect(environment).toEqual({ SPARK_USER: "{{USER}}", OTHER: "x" });
});

test("fields that are only in the other dialect are unknown", async () => {
  const { url } = await runningMaster();
  const answer = await create(url, { ...request, name: "x", args: "", zzz: 1 });
  expect(answer.body["unknownFields"]).toEqual(["name", "args", "zzz"]);
});

test("entryPoint decides for Aloha's dialect, whatever else there is", async () => {
  const { url } = await runningMaster();
  const answer = await create(url, { ...request, name: "job", entryPoint: "shell" });
  expect(answer.body["submissionId"]).toMatch(/^app-/);
});

test("both dialects take their numbers from one row", async () => {
  const { url } = await runningMaster();
  const aloha = { action: "CreateSubmissionRequest", name: "job", entryPoint: "shell" };
  const numbers: number[] = [];
  for (const body of [aloha, request, aloha, request]) {
    const { body: answer } = await create(url, body);
    numbers.push(Number(/[0-9]+$/.exec(String(answer["submissionId"]))?.[0]));
  }
  const [first = 0] = numbers;
  expect(numbers).toEqual([first, first + 1, first + 2, first + 3]);
});
