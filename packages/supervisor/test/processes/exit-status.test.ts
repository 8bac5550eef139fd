import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { SupervisedDirectory } from "./supervised-directory.ts";

let host: SupervisedDirectory;

beforeAll(async () => {
  host = new SupervisedDirectory();
  await host.attached();
});

afterAll(() => host[Symbol.asyncDispose]());

test("exit codes and signals are exact", async () => {
  await host.start(1, ["sh", "-c", "exit 0"]);
  await host.start(2, ["sh", "-c", "exit 255"]);
  await host.start(3, ["sh", "-c", "kill -SEGV $$"]);
  expect(await host.ended(1)).toMatchObject({
    kind: "exited",
    exitCode: 0,
    signal: null,
    stopCause: null,
    tree: "verified",
  });
  expect(await host.ended(2)).toMatchObject({ exitCode: 255, signal: null });
  expect(await host.ended(3)).toMatchObject({ exitCode: null, signal: "SIGSEGV" });
});

test("arguments reach the program as they are, and the environment is the one given", async () => {
  await host.start(10, [
    "sh",
    "-c",
    'printf "%s|" "$@"',
    "sh",
    "two words",
    "$HOME",
    "--",
    "*",
    "",
  ]);
  await host.ended(10);
  expect(host.text(10)).toBe("two words|$HOME|--|*||");
  await host.start(11, ["env"]);
  await host.ended(11);
  const names = host
    .text(11)
    .trim()
    .split("\n")
    .map((line) => line.split("=")[0]);
  // The shell that joins the cgroup sets PWD.
  expect(new Set(names)).toEqual(
    new Set([...names.filter((name) => name === "PWD"), "ALOHA_ATTEMPT", "PATH"]),
  );
});

test("a program may open /dev/stdout and /dev/stderr, and reads nothing from stdin", async () => {
  await host.start(12, [
    "sh",
    "-c",
    "echo one; echo two >/dev/stdout; echo three >>/dev/stdout; echo four >/dev/stderr; cat; echo five",
  ]);
  await host.ended(12);
  expect(host.text(12)).toBe("one\ntwo\nthree\nfive\n");
  expect(host.text(12, "stderr")).toBe("four\n");
});

test("a program that cannot be run is a clear answer", async () => {
  const plain = join(host.path, "plain.txt");
  writeFileSync(plain, "x");
  chmodSync(plain, 0o600);
  mkdirSync(join(host.path, "folder"));
  await host.start(20, ["no-such-command"]);
  await host.start(21, [plain]);
  await host.start(22, ["true"], { workingDirectory: "/no/such/directory" });
  await host.start(23, ["true"], { outputDirectory: join(plain, "below") });
  await host.start(24, ["true"], { environment: { PATH: "/bin" } });
  await host.start(25, [join(host.path, "folder")]);
  expect(await host.ended(20)).toMatchObject({
    kind: "start-failed",
    code: "command-not-found",
    message: 'There is no command "no-such-command" in PATH (/usr/bin:/bin).',
  });
  expect(await host.ended(21)).toMatchObject({ code: "not-executable" });
  expect(await host.ended(22)).toMatchObject({
    code: "work-directory",
    message: "The working directory /no/such/directory does not exist.",
  });
  expect(await host.ended(23)).toMatchObject({ code: "work-directory" });
  expect(await host.ended(24)).toMatchObject({ code: "environment" });
  expect(await host.ended(25)).toMatchObject({ code: "not-executable" });
});

test("a program that ended while no worker was attached is told at the next attach, until forgotten", async () => {
  await host.start(30, ["sh", "-c", "sleep 0.3; exit 9"]);
  await host.started(30);
  host.detach();
  const before = host.reports.length;
  await new Promise((resolve) => setTimeout(resolve, 400));
  host.reattach();
  const attached = await host.attached(before);
  expect(attached.attempts.length).toBeGreaterThan(0);
  expect(await host.ended(30)).toMatchObject({ exitCode: 9 });
});

test("the time limit ends a program", async () => {
  await host.start(40, ["sleep", "60"], { timeLimitMs: 200 });
  expect(await host.ended(40)).toMatchObject({ signal: "SIGTERM", stopCause: "timeout" });
});
