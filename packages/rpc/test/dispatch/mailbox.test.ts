import { silentLogger } from "@aloha/runtime";
import { SimulatedTime } from "@aloha/runtime/memory";
import { describe, expect, it } from "vitest";
import { Mailbox } from "../../src/dispatch/mailbox.ts";
import type { MailboxItem } from "../../src/dispatch/mailbox.ts";
import { Gate } from "../harness.ts";

interface Bench {
  readonly mailbox: Mailbox;
  readonly log: string[];
  readonly time: SimulatedTime;
  wakes: number;
}

function bench(
  limits: { readonly inboxLengthMax?: number; readonly drainLengthMax?: number } = {},
): Bench {
  const log: string[] = [];
  const time = new SimulatedTime();
  const made: Bench = {
    log,
    time,
    wakes: 0,
    mailbox: new Mailbox({
      name: "test",
      target: {
        onStop: () => void log.push("stop"),
        onError: (error) => void log.push(`error ${error.message}`),
      },
      inboxLengthMax: limits.inboxLengthMax ?? 10,
      drainLengthMax: limits.drainLengthMax ?? 100,
      stopTimeoutMs: 1_000,
      timers: time,
      logger: silentLogger,
      wake: () => void made.wakes++,
    }),
  };
  return made;
}

function item(
  log: string[],
  name: string,
  work: () => void | Promise<void> = () => undefined,
): MailboxItem {
  return {
    run() {
      log.push(name);
      return work();
    },
    failed: (error) => void log.push(`${name} failed: ${error.message}`),
    rejected: (code) => void log.push(`${name} rejected: ${code}`),
  };
}

describe("a mailbox", () => {
  it("runs what can run at once in one go, control first", () => {
    const { mailbox, log } = bench();
    for (const name of ["a", "b"]) mailbox.offer(item(log, name), "bulk");
    mailbox.offer(item(log, "c"), "control");
    mailbox.drain();
    expect(log).toEqual(["c", "a", "b"]);
  });

  it("runs nothing beside an item that is not settled", async () => {
    const { mailbox, log } = bench();
    const gate = new Gate();
    mailbox.offer(
      item(log, "slow", () => gate.opened),
      "bulk",
    );
    mailbox.offer(item(log, "next"), "bulk");
    mailbox.drain();
    mailbox.drain();
    expect(log).toEqual(["slow"]);
    gate.open();
    await gate.opened;
    await Promise.resolve();
    expect(log).toEqual(["slow", "next"]);
  });

  it("goes on after an item that fails, at once or later", async () => {
    const { mailbox, log } = bench();
    const fail = (): never => {
      throw new Error("bang");
    };
    mailbox.offer(item(log, "a", fail), "bulk");
    mailbox.offer(
      item(log, "b", () => Promise.reject(new Error("later"))),
      "bulk",
    );
    mailbox.offer(item(log, "c"), "bulk");
    mailbox.drain();
    await new Promise((resolve) => setImmediate(resolve));
    expect(log).toEqual([
      "a",
      "a failed: bang",
      "error bang",
      "b",
      "b failed: later",
      "error later",
      "c",
    ]);
  });

  it("takes exactly its limit in each lane", () => {
    const { mailbox, log } = bench({ inboxLengthMax: 2 });
    const offers = (lane: "bulk" | "control"): string[] =>
      ["a", "b", "c"].map((name) => mailbox.offer(item(log, name), lane));
    expect(offers("bulk")).toEqual(["accepted", "accepted", "inbox-full"]);
    expect(offers("control")).toEqual(["accepted", "accepted", "inbox-full"]);
    mailbox.drain();
    expect(mailbox.offer(item(log, "d"), "bulk")).toBe("accepted");
  });

  it("lets others have a turn after drainLengthMax items", () => {
    const made = bench({ drainLengthMax: 2 });
    for (const name of ["a", "b", "c"]) made.mailbox.offer(item(made.log, name), "bulk");
    const wakes = made.wakes;
    made.mailbox.drain();
    expect(made.log).toEqual(["a", "b"]);
    expect(made.wakes).toBe(wakes + 1);
    made.mailbox.drain();
    expect(made.log).toEqual(["a", "b", "c"]);
  });

  it("rejects what waits when it stops, lets the item at work end, and runs onStop last", async () => {
    const { mailbox, log } = bench();
    const gate = new Gate();
    mailbox.offer(
      item(log, "slow", () => gate.opened.then(() => void log.push("slow ended"))),
      "bulk",
    );
    mailbox.offer(item(log, "waits"), "bulk");
    mailbox.drain();
    const stopped = mailbox.stop();
    expect(mailbox.offer(item(log, "late"), "bulk")).toBe("stopped");
    gate.open();
    await stopped;
    expect(log).toEqual(["slow", "waits rejected: stopped", "slow ended", "stop"]);
  });

  it("does not wait for ever for an item that never ends", async () => {
    const { mailbox, log, time } = bench();
    mailbox.offer(
      item(log, "hangs", () => new Promise(() => undefined)),
      "bulk",
    );
    mailbox.drain();
    const stopped = mailbox.stop();
    time.advance(999);
    expect(log).toEqual(["hangs"]);
    time.advance(1);
    await stopped;
    expect(log).toEqual(["hangs", "stop"]);
  });
});
