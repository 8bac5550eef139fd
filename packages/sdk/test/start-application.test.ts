import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { AbstractApplication, ApplicationWithProcess, ExitState } from "../src/index.ts";
import type { ProcessCommand } from "../src/index.ts";
import { runToEnd, startApplication } from "../src/testing.ts";

class Greeting extends AbstractApplication {
  async start(): Promise<ExitState> {
    this.log(
      `hello ${String(this.description.args)} from ${this.conf.get("aloha.x.place", "here")}`,
    );
    return ExitState.finished(`greeted in attempt ${this.context.attemptNumber}`);
  }
}

test("an application is told its description, settings and attempt, and says how it ended", async () => {
  const end = await runToEnd(Greeting, {
    description: { args: "world" },
    conf: { "aloha.x.place": "afar" },
    attemptNumber: 2,
  });
  expect(end).toEqual({
    exitCode: 0,
    message: "greeted in attempt 2",
    stdout: "hello world from afar\n",
    stderr: "",
  });
});

class UntilStopped extends AbstractApplication {
  async start(): Promise<ExitState> {
    this.log("waiting");
    await new Promise((resolve) => {
      this.signal.addEventListener("abort", resolve);
    });
    return ExitState.failed(`stopped: ${String(this.signal.reason)}`, 3);
  }
}

test("a stop aborts the signal of an application with the reason", async () => {
  await using application = startApplication(UntilStopped);
  await application.output.until("waiting");
  expect(await application.stop("enough")).toEqual({ exitCode: 3, message: "stopped: enough" });
});

class TableMissing extends Error {}

test.each([
  ["throws", () => new TableMissing("orders"), "start() failed: TableMissing: orders"],
  ["throws a text", () => "no luck", "start() failed: no luck"],
  ["throws an object", () => ({ rows: 2 }), 'start() failed: Object {"rows":2}'],
  [
    "throws with a cause",
    () => new Error("outer", { cause: new RangeError("inner") }),
    "start() failed: Error: outer, caused by RangeError: inner",
  ],
])("a start that %s is a failure with exit code 1 and a message", async (_, thrown, message) => {
  class Throws extends AbstractApplication {
    start(): Promise<ExitState> {
      // The reason is thrown as it is, whatever it is.
      AbortSignal.abort(thrown()).throwIfAborted();
      return Promise.resolve(ExitState.finished());
    }
  }
  expect(await runToEnd(Throws)).toMatchObject({ exitCode: 1, message });
});

test("a start that is resolved with no exit state is a failure that says so", async () => {
  class Careless extends AbstractApplication {
    // What plain JavaScript can do.
    start = (async () => ({ state: "DONE" })) as unknown as () => Promise<ExitState>;
  }
  const { exitCode, message } = await runToEnd(Careless);
  expect(exitCode).toBe(1);
  expect(message).toContain("no exit state");
});

test("an exception in the constructor says that the class cannot be used", async () => {
  class Broken extends AbstractApplication {
    constructor() {
      super();
      throw new Error("no licence");
    }
    start(): Promise<ExitState> {
      return Promise.resolve(ExitState.finished());
    }
  }
  expect(await runToEnd(Broken)).toMatchObject({
    exitCode: 78,
    message: "test#Broken cannot be used: Error: no licence",
  });
});

test("clean() is called after the end, and its failure changes nothing", async () => {
  class Cleans extends Greeting {
    override clean(): void {
      this.output.stderr("cleaning\n");
      throw new Error("in vain");
    }
  }
  const end = await runToEnd(Cleans);
  expect(end.exitCode).toBe(0);
  expect(end.stderr).toContain(
    "cleaning\naloha: clean() failed, which changes nothing: Error: in vain",
  );
});

test("an application has a directory of its own, which dispose removes", async () => {
  class Writes extends AbstractApplication {
    async start(): Promise<ExitState> {
      writeFileSync(join(this.applicationDir, "out"), "x");
      return ExitState.finished();
    }
  }
  const application = startApplication(Writes);
  await application.ended;
  expect(existsSync(join(application.applicationDir, "out"))).toBe(true);
  await application[Symbol.asyncDispose]();
  expect(existsSync(application.applicationDir)).toBe(false);
});

class Script extends ApplicationWithProcess {
  command(): ProcessCommand {
    return {
      argv: ["/bin/sh", "-c", String(this.description.args)],
      environment: { COLOUR: "red" },
    };
  }
}

test("an application with a process has the output and the end of its program", async () => {
  const end = await runToEnd(Script, {
    description: { args: "echo $COLOUR; echo oh >&2; exit 4" },
  });
  expect(end).toEqual({
    exitCode: 4,
    message: "its program ended with exit code 4",
    stdout: "red\n",
    stderr: "oh\n",
  });
});

test("a stop ends the program with SIGTERM", async () => {
  await using application = startApplication(Script, {
    description: { args: "echo up; exec sleep 60" },
  });
  await application.output.until("up");
  expect(await application.stop()).toEqual({
    exitCode: 143,
    message: "its program was ended by SIGTERM",
  });
});

test("a program that does not exist is a failure with a message", async () => {
  class Missing extends ApplicationWithProcess {
    command(): ProcessCommand {
      return ["/does/not/exist"];
    }
  }
  const { exitCode, message } = await runToEnd(Missing);
  expect(exitCode).toBe(1);
  expect(message).toContain("/does/not/exist could not be started");
});
