import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Cluster } from "./support/cluster.ts";
import { eventually } from "./support/eventually.ts";

let cluster: Cluster;

beforeAll(async () => {
  cluster = await Cluster.start({
    cores: 16,
    workerEnv: { HADOOP_CONF_DIR: "/etc/hadoop of this host", ALOHA_SECRET: "hidden" },
  });
});
afterAll(() => cluster[Symbol.asyncDispose]());
beforeEach(() => cluster.showLogsIfTestFails());

it("runs args that are one text as a bash script, and a list without a shell", async () => {
  const script = await cluster.submit({ args: "a=(1 2 3); echo ${a[2]} | tr 3 x; echo $0 $#" });
  const argv = await cluster.submit({
    args: ["printf", "<%s>\n", "$HOME; *", "", 'ü "quoted"\nline'],
  });
  await cluster.untilState(script, "FINISHED");
  expect(cluster.output(script)).toBe("x\n/bin/bash 0\n");
  await cluster.untilState(argv, "FINISHED");
  expect(cluster.output(argv)).toBe('<$HOME; *>\n<>\n<ü "quoted"\nline>\n');
});

it("gives variables as they were written or as the worker has them, and the worker's others not at all", async () => {
  const id = await cluster.submit({
    environment: { PLAIN: "a b=c $HOME", EMPTY: "", CONF: { worker: "HADOOP_CONF_DIR" } },
    args: ["env"],
  });
  await cluster.untilState(id, "FINISHED");
  const lines = cluster.output(id).split("\n");
  expect(lines).toEqual(
    expect.arrayContaining([
      "PLAIN=a b=c $HOME",
      "EMPTY=",
      "CONF=/etc/hadoop of this host",
      `ALOHA_APP_ID=${id}`,
      "ALOHA_ATTEMPT_NUMBER=1",
    ]),
  );
  const names = lines.map((line) => line.split("=")[0]);
  for (const hidden of [
    "HADOOP_CONF_DIR",
    "ALOHA_SECRET",
    "ALOHA_CONF_DIR",
    "ALOHA_HOME",
    "NODE_OPTIONS",
  ])
    expect(names).not.toContain(hidden);
});

it("refuses to start where the worker lacks a variable, or it is a secret of Aloha's own", async () => {
  for (const name of ["NOBODY_SET_THIS", "ALOHA_SECRET"]) {
    const id = await cluster.submit({
      environment: { CONF: { worker: name } },
      args: "echo $CONF",
    });
    const { end } = await cluster.untilState(id, "ERROR");
    expect(end?.reason).toBe("start-failed");
    expect(end?.message).toContain(name);
    expect(end?.message).toContain(cluster.worker.workerId);
    expect(end?.message).not.toContain("hidden");
  }
});

it("says which command was not found or may not be run", async () => {
  const missing = await cluster.submit({ args: ["no-such-command-at-all"] });
  expect((await cluster.untilState(missing, "ERROR")).end).toMatchObject({
    reason: "start-failed",
    message: expect.stringMatching(/no command "no-such-command-at-all" in PATH/) as unknown,
  });
  const path = await cluster.submit({ args: ["/etc/passwd"] });
  expect((await cluster.untilState(path, "ERROR")).end).toMatchObject({
    reason: "start-failed",
    message: expect.stringMatching(/\/etc\/passwd is not executable/) as unknown,
  });
});

it("finds applications by their labels, states and names", async () => {
  const team = await cluster.submit({
    name: "by-label",
    labels: { team: "etl", stage: "a" },
    args: "true",
  });
  const other = await cluster.submit({ name: "by-label", labels: { team: "web" }, args: "false" });
  await cluster.untilEnded(team);
  await cluster.untilEnded(other);
  const found = async (query: string): Promise<readonly string[]> =>
    (await cluster.get(`/api/v1/applications?${query}`))
      .json<{ readonly applications: readonly { readonly id: string }[] }>()
      .applications.map(({ id }) => id);
  expect(await found("label=team=etl")).toEqual([team]);
  expect(await found("label=team")).toEqual([other, team]);
  expect(await found("label=team&label=stage=a")).toEqual([team]);
  expect(await found("name=by-label&state=FAILED")).toEqual([other]);
  expect(await found("name=by-label&limit=1")).toEqual([other]);
  expect(await found("label=team=nobody")).toEqual([]);
});

it("stops what takes longer than its timeout, with all that it started", async () => {
  const id = await cluster.submit({
    timeout: "1s",
    stop: { grace: "500ms" },
    args: "trap '' TERM; sleep 300 & sleep 300; sleep 300",
  });
  const { end } = await cluster.untilState(id, "TIMED_OUT");
  expect(end).toMatchObject({
    reason: "timeout",
    signal: "SIGKILL",
    message: expect.stringContaining("1s") as unknown,
  });
  expect(cluster.processes(id)).toEqual([]);
});

it("sends the stop signal that was asked for, and kills after the grace period and not before", async () => {
  const polite = await cluster.submit({
    stop: { signal: "SIGUSR1", grace: "20s" },
    args: "trap 'echo saved; exit 0' USR1; echo ready; while :; do sleep 0.05; done",
  });
  const stubborn = await cluster.submit({
    stop: { signal: "SIGINT", grace: "1s" },
    args: "trap 'echo no' INT; echo ready; while :; do sleep 0.05; done",
  });
  for (const id of [polite, stubborn])
    await eventually(() => cluster.output(id) === "ready\n", 5000, `${id} to be ready`);
  const askedMs = Date.now();
  for (const id of [polite, stubborn])
    expect((await cluster.post(`/api/v1/applications/${id}/kill`, {})).status).toBe(202);
  expect((await cluster.untilState(polite, "KILLED")).end).toMatchObject({
    exitCode: 0,
    signal: null,
  });
  expect(Date.now() - askedMs).toBeLessThan(5000);
  const { end } = await cluster.untilState(stubborn, "KILLED");
  expect(end).toMatchObject({ exitCode: null, signal: "SIGKILL" });
  expect((end?.endedAtMs ?? 0) - askedMs).toBeGreaterThan(950);
  expect((end?.endedAtMs ?? 0) - askedMs).toBeLessThan(4000);
  expect(cluster.output(polite)).toBe("ready\nsaved\n");
  expect(cluster.output(stubborn)).toContain("ready\nno\n");
});

it("kills at once where that is asked for, whatever the grace period", async () => {
  const id = await cluster.submit({
    stop: { grace: "1h" },
    args: "trap '' TERM; echo ready; while :; do sleep 0.05; done",
  });
  await eventually(() => cluster.output(id) === "ready\n", 5000, `${id} to be ready`);
  await cluster.post(`/api/v1/applications/${id}/kill`, {});
  await cluster.untilState(id, "KILLING");
  await cluster.post(`/api/v1/applications/${id}/kill`, { immediately: true });
  expect((await cluster.untilState(id, "KILLED", 5000)).end).toMatchObject({ signal: "SIGKILL" });
});

it("starts again what failed, as often as its policy says, and keeps its id", async () => {
  const marks = join(cluster.directory, "restarts");
  const recovers = await cluster.submit({
    restart: { on: ["failure"], maxAttempts: 5, backoff: { initial: "50ms", max: "100ms" } },
    args: `echo $ALOHA_ATTEMPT_NUMBER; echo x >> ${marks}; [ $(wc -l < ${marks}) -ge 3 ]`,
  });
  const fails = await cluster.submit({
    restart: { on: ["failure"], maxAttempts: 2, backoff: { initial: "50ms", max: "50ms" } },
    args: "exit 9",
  });
  const recovered = await cluster.untilEnded(recovers);
  expect(recovered).toMatchObject({ state: "FINISHED", attempt: 3 });
  expect(recovered.attempts.map(({ outcome }) => outcome)).toMatchObject([
    { exitCode: 1 },
    { exitCode: 1 },
    { exitCode: 0 },
  ]);
  for (const number of [1, 2, 3]) {
    expect(
      (await cluster.get(`/api/v1/applications/${recovers}/attempts/${number}/logs/stdout`)).text,
    ).toBe(`${number}\n`);
  }
  expect(await cluster.untilEnded(fails)).toMatchObject({
    state: "FAILED",
    attempt: 3,
    end: { exitCode: 9 },
  });
});

it("counts the exit codes as success that the description names", async () => {
  const three = await cluster.submit({ successExitCodes: [0, 3], args: "exit 3" });
  const zero = await cluster.submit({ successExitCodes: [3], args: "exit 0" });
  expect(await cluster.untilEnded(three)).toMatchObject({
    state: "FINISHED",
    end: { exitCode: 3 },
  });
  expect(await cluster.untilEnded(zero)).toMatchObject({ state: "FAILED", end: { exitCode: 0 } });
});

it("fences what is supervised and keeps what is not, unless told otherwise", async () => {
  const policyOf = async (fields: Readonly<Record<string, unknown>>): Promise<string> =>
    (await cluster.application(await cluster.submit({ args: "true", ...fields }))).description
      .onDisconnect;
  expect(await policyOf({})).toBe("keep");
  expect(await policyOf({ supervise: true })).toBe("fence");
  expect(await policyOf({ supervise: true, onDisconnect: "keep" })).toBe("keep");
  expect(await policyOf({ onDisconnect: "fence" })).toBe("fence");
});

it("rolls output, compresses what is rolled, keeps as much as asked, and serves it by its offset for ever", async () => {
  const lineCount = 4000;
  const whole = Array.from(
    { length: lineCount },
    (_, index) => `line ${String(index + 1).padStart(6, "0")}\n`,
  ).join("");
  const id = await cluster.submit({
    logs: { segment: "4KiB", keep: 3, compress: true },
    args: `seq -f 'line %06.0f' ${lineCount}`,
  });
  await cluster.untilState(id, "FINISHED");
  const read = async (
    offset: number,
  ): Promise<{ readonly offset: number; readonly text: string; readonly headers: Headers }> => {
    const { status, headers, text } = await cluster.get(
      `/api/v1/applications/${id}/attempts/1/logs/stdout?offset=${offset}`,
    );
    expect(status).toBe(200);
    return { offset: Number(headers.get("aloha-log-offset")), text, headers };
  };
  let offset = -1;
  let kept = "";
  let first: number | undefined;
  for (;;) {
    const page = await read(Math.max(offset, 0));
    first ??= page.offset;
    kept += page.text;
    offset = page.offset + page.text.length;
    if (page.headers.get("aloha-log-complete") === "true") break;
    expect(page.text.length).toBeGreaterThan(0);
  }
  expect(offset).toBe(whole.length);
  expect(first).toBeGreaterThan(0);
  expect(kept).toBe(whole.slice(first));
  expect(kept.length).toBeGreaterThanOrEqual(3 * 4096);
  expect((await read(whole.length - 100)).text).toBe(whole.slice(-100));
  expect((await read(-20)).text).toBe(whole.slice(-20));
  const files = await eventually(
    () => {
      const names = readdirSync(join(cluster.worker.workDirectory, id)).filter((name) =>
        name.startsWith("stdout"),
      );
      return names.filter((name) => name.endsWith(".gz")).length === 3 ? names : undefined;
    },
    5000,
    "three compressed segments",
  );
  expect(files).toHaveLength(4);
  expect((await read(0)).offset).toBe(first);
});

it("accepts a requestId once: the same body gives the same application, another body is refused, before and after a crash", async () => {
  const body = {
    name: "once",
    entryPoint: "shell",
    args: "true",
    memory: 64,
    requestId: "order-1",
  };
  const first = await cluster.post("/api/v1/applications", body);
  expect(first.status).toBe(201);
  const { id } = first.json<{ readonly id: string }>();
  const reordered = {
    requestId: "order-1",
    memory: 64,
    args: "true",
    entryPoint: "shell",
    name: "once",
  };
  for (const repeat of [body, reordered]) {
    const answer = await cluster.post("/api/v1/applications", repeat);
    expect(answer.status).toBe(200);
    expect(answer.json()).toEqual({ id, duplicate: true });
  }
  await cluster.untilEnded(id);
  await cluster.master.restart("SIGKILL");
  expect((await cluster.post("/api/v1/applications", body)).json()).toEqual({
    id,
    duplicate: true,
  });
  const other = await cluster.post("/api/v1/applications", { ...body, args: "false" });
  expect(other.status).toBe(409);
  expect(other.text).toContain("order-1");
  expect(other.text).toContain(id);
});
