import { describe, expect, it } from "vitest";
import { runCaptured } from "./support/captured-context.ts";
import { masterPerTest } from "./support/master-per-test.ts";

const cluster = masterPerTest();

describe("failures", () => {
  it.each([
    [404, "not-found", 3],
    [400, "invalid-argument", 2],
    [429, "limit-exceeded", 5],
    [409, "conflict", 5],
    [500, "internal", 5],
  ])("an answer %i %s gives exit status", async (status, code, exitCode) => {
    cluster.master.refusal = { status, code, message: "no\u001b[2J way" };
    const result = await cluster.aloha(["submit", "--", "true"]);
    expect(result).toEqual({ exitCode, out: "", err: "aloha: no\\u001b[2J way\n" });
  });

  it("an unknown application is not found", async () => {
    expect((await cluster.aloha(["status", "app-9"])).exitCode).toBe(3);
  });

  it("a master that cannot be reached is named, with exit status 4", async () => {
    const result = await runCaptured(["ps", "--master", "http://127.0.0.1:1"]);
    expect(result.exitCode).toBe(4);
    expect(result.err).toContain("http://127.0.0.1:1");
  });

  it("asks the other master where one does not answer", async () => {
    const result = await cluster.aloha([
      "ps",
      "--master",
      `http://127.0.0.1:1,${cluster.master.url}`,
    ]);
    expect(result.exitCode).toBe(0);
  });

  it("with -o json an error is a JSON document on stderr, and stdout stays empty", async () => {
    const unknown = await cluster.aloha(["status", "app-9", "-o", "json"]);
    expect(unknown.out).toBe("");
    expect(JSON.parse(unknown.err)).toMatchObject({ error: { code: "not-found" } });
    const usage = await cluster.aloha(["ps", "-o", "json", "--bogus"]);
    expect(usage.exitCode).toBe(2);
    expect(JSON.parse(usage.err)).toMatchObject({ error: { code: "invalid-argument" } });
  });

  it.each([[["bogus"]], [["ps", "--bogus"]], [["kill"]], [["ps", "--limit", "0"]], [["submit"]]])(
    "wrong usage %j gives exit status 2 and no output",
    async (argv) => {
      const result = await cluster.aloha(argv);
      expect(result.exitCode).toBe(2);
      expect(result.out).toBe("");
      expect(result.err).toMatch(/^aloha: /);
    },
  );

  it("does not pretend that raw output is a JSON document", async () => {
    for (const argv of [
      ["run", "-o", "json", "true"],
      ["logs", "-f", "app-1", "-o", "json"],
      ["submit", "--follow", "-o", "json", "true"],
    ]) {
      expect(await cluster.aloha(argv)).toMatchObject({ exitCode: 2, out: "" });
    }
  });

  it("help and version succeed", async () => {
    expect((await cluster.aloha(["--help"])).out).toContain("submit");
    expect((await cluster.aloha([])).out).toContain("Exit status");
    expect((await cluster.aloha(["help", "ps"])).out).toContain("--state");
    expect((await cluster.aloha(["submit", "--help"])).out).toContain("--request-id");
    for (const version of ["version", "--version", "-V"]) {
      const result = await cluster.aloha([version]);
      expect(result).toMatchObject({ exitCode: 0, err: "" });
      expect(result.out).toMatch(/^aloha \d+\.\d+\.\d+\n$/);
    }
  });

  it.each([
    [["sttus"], "unknown command 'sttus'. Did you mean status? Try: aloha help\n"],
    [["help", "sttus"], "unknown command 'sttus'. Did you mean status? Try: aloha help\n"],
    [["xyzzy"], "unknown command 'xyzzy'. Try: aloha help\n"],
    [["ps", "--stat"], "unknown option '--stat'. Did you mean --state? Try: aloha help ps\n"],
  ])("suggests what is nearest to %j", async (argv, message) => {
    expect(await cluster.aloha(argv)).toEqual({ exitCode: 2, out: "", err: `aloha: ${message}` });
  });
});
