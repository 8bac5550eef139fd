import { beforeEach, describe, expect, it } from "vitest";
import { endedApplication, sampleApplication } from "../support/fake-master.ts";
import { masterPerTest } from "../support/master-per-test.ts";

const cluster = masterPerTest();

describe("logs", () => {
  beforeEach(() => {
    cluster.master.applications.set(
      "app-1",
      endedApplication(sampleApplication({ id: "app-1" }), {
        state: "FINISHED",
        reason: "completed",
        exitCode: 0,
      }),
    );
    cluster.master.output.set("app-1/stdout", "one\n\u001b[31mtwo\u001b[0m\n");
    cluster.master.output.set("app-1/stderr", "warn\n");
  });

  it("prints the bytes as they are, each stream to its own", async () => {
    const result = await cluster.aloha(["logs", "app-1"]);
    expect(result).toEqual({ exitCode: 0, out: "one\n\u001b[31mtwo\u001b[0m\n", err: "warn\n" });
  });

  it("prints stderr to stdout where it was asked for alone", async () => {
    expect(await cluster.aloha(["logs", "app-1", "--stderr"])).toEqual({
      exitCode: 0,
      out: "warn\n",
      err: "",
    });
  });

  it("begins at an offset, or so many bytes before the end", async () => {
    expect((await cluster.aloha(["logs", "app-1", "--stdout", "--offset", "4"])).out).toBe(
      "\u001b[31mtwo\u001b[0m\n",
    );
    expect((await cluster.aloha(["logs", "app-1", "--stderr", "--tail", "3B"])).out).toBe("rn\n");
    expect((await cluster.aloha(["logs", "app-1", "--tail", "3", "--offset", "3"])).exitCode).toBe(
      2,
    );
  });

  it("follows to the end of the application", async () => {
    expect((await cluster.aloha(["logs", "-f", "app-1", "--stderr"])).out).toBe("warn\n");
  });

  it("gives one JSON document", async () => {
    const result = await cluster.aloha(["logs", "app-1", "-o", "json"]);
    expect(JSON.parse(result.out)).toMatchObject({
      id: "app-1",
      attempt: 1,
      stderr: { offset: 0, complete: true, text: "warn\n" },
    });
  });

  it("says that an application has no output before its first attempt", async () => {
    cluster.master.applications.set("app-2", sampleApplication({ id: "app-2" }));
    const result = await cluster.aloha(["logs", "app-2"]);
    expect(result).toMatchObject({ exitCode: 0, out: "" });
    expect(result.err).toContain("has not started yet");
  });
});
