import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ListHash, parseAttemptKey } from "../../src/index.ts";
import type {
  AttemptKey,
  Directive,
  SupervisedAttempt,
  Sync,
  WorkerJournalEntry,
} from "../../src/index.ts";
import { WorkerHarness, exited0, key, launch } from "./worker-harness.ts";

/** One thing that happens; `pick` chooses among what is there. */
type Event =
  | {
      readonly kind: "sync" | "fail" | "flush" | "prepare" | "start" | "end" | "detach" | "restart";
    }
  | { readonly kind: "reply"; readonly pick: number; readonly directives: readonly Wish[] };

interface Wish {
  readonly kind: "launch" | "kill" | "forget";
  readonly application: number;
  readonly attempt: number;
}

const wish = fc.record({
  kind: fc.constantFrom("launch" as const, "launch" as const, "kill" as const, "forget" as const),
  application: fc.integer({ min: 1, max: 3 }),
  attempt: fc.integer({ min: 1, max: 3 }),
});

const event: fc.Arbitrary<Event> = fc.oneof(
  fc.record({
    kind: fc.constantFrom(
      ...(["sync", "sync", "flush", "flush", "prepare", "start", "end"] as const),
    ),
  }),
  fc.record({ kind: fc.constantFrom(...(["fail", "detach", "restart"] as const)) }),
  fc.record({
    kind: fc.constant("reply" as const),
    pick: fc.nat(1),
    directives: fc.array(wish, { maxLength: 3 }),
  }),
  fc.record({
    kind: fc.constant("reply" as const),
    pick: fc.nat(1),
    directives: fc.array(wish, { minLength: 1, maxLength: 3 }),
  }),
);

/** Worker, supervisor and master of one schedule, with what must hold checked at every step. */
class Schedule {
  worker = new WorkerHarness();
  incarnation = 1;
  /** The supervisor's table. */
  readonly supervised = new Map<AttemptKey, SupervisedAttempt>();
  asked: { token: number; message: Sync }[] = [];
  readonly replies = new Map<number, readonly Directive[]>();
  readonly taken = new Set<number>();
  /** What the list must be by the replies that the worker says it obeyed. */
  list = new Set<AttemptKey>();
  readonly ends = new Map<AttemptKey, string>();
  readonly dismissed = new Set<AttemptKey>();

  constructor() {
    this.worker.serve();
  }

  run(happening: Event): void {
    const { worker } = this;
    switch (happening.kind) {
      case "sync":
        worker.pass(100);
        this.drive();
        break;
      case "flush":
        worker.flush();
        break;
      case "prepare":
        for (const { attempt } of worker.take("prepare")) worker.prepare(attempt);
        break;
      case "start":
        for (const known of [...this.supervised.values()]) {
          if (known.kind !== "live") continue;
          worker.supervisor({ kind: "started", attempt: known.attempt, pid: 1, startedAtMs: 1 });
        }
        break;
      case "end":
        this.end();
        break;
      case "fail":
        this.fail();
        break;
      case "reply":
        this.reply(happening.pick, happening.directives);
        break;
      case "detach":
        worker.input({ kind: "detached", message: "" });
        worker.pass(10_000);
        worker.attach([...this.supervised.values()]);
        break;
      case "restart":
        this.restart(this.worker.disk);
        break;
    }
    this.drive();
  }

  /** Lets the supervisor do what it was told, and the network deliver what was sent. */
  drive(): void {
    const { worker } = this;
    for (let commands = worker.commands(); commands.length > 0; commands = worker.commands()) {
      for (const command of commands) {
        if (command.kind === "stamp") worker.supervisor({ kind: "stamped", stamp: command.stamp });
        if (command.kind === "start") this.start(command.attempt);
        if (command.kind === "forget") {
          for (const attempt of command.attempts) this.supervised.delete(attempt);
        }
      }
    }
    for (const { token, message } of worker.take("ask")) {
      if (message.kind === "sync") this.check(token, message);
      else if (message.kind === "register") {
        worker.effects.push({ kind: "ask", to: "", message, token, timeoutMs: 1 });
        worker.register();
        this.asked = [];
      }
    }
  }

  start(attempt: AttemptKey): void {
    const entries = this.worker.disk.filter(
      (entry) => "attempt" in entry && entry.attempt === attempt,
    );
    expect(entries.map(({ kind }) => kind)).toContain("accepted");
    expect(entries.map(({ kind }) => kind)).not.toContain("settled");
    if (this.supervised.has(attempt)) return;
    const appId = parseAttemptKey(attempt)?.appId;
    for (const other of this.supervised.values()) {
      if (other.kind === "live") expect(parseAttemptKey(other.attempt)?.appId).not.toBe(appId);
    }
    this.supervised.set(attempt, {
      kind: "live",
      attempt,
      pid: 1,
      startedAtMs: 1,
      stopCause: null,
    });
  }

  end(): void {
    const running = [...this.supervised.values()].find(({ kind }) => kind === "live");
    if (running === undefined) return;
    const { attempt } = running;
    this.supervised.set(attempt, { kind: "ended", attempt, outcome: exited0 });
    this.worker.supervisor({ kind: "ended", attempt, outcome: exited0 });
  }

  fail(): void {
    const lost = this.asked[0];
    if (lost === undefined) return;
    this.asked = [];
    this.worker.input({ kind: "ask-failed", token: lost.token, reason: "timeout", message: "" });
    this.worker.pass(10_000);
    this.drive();
    // Its answer comes after all, when another registration serves.
    this.worker.reply(lost, { directives: [launch(key(9, 9))] });
  }

  reply(pick: number, wishes: readonly Wish[]): void {
    const sync = this.asked[Math.min(pick, this.asked.length - 1)];
    if (sync === undefined) return;
    this.asked = this.asked.filter((other) => other !== sync);
    const directives = wishes.flatMap((wished) => this.directive(wished));
    this.replies.set(sync.message.seq, directives);
    const acks = sync.message.reports.map(({ id }) => id);
    this.worker.reply(sync, { directives, acks });
  }

  /** A master forgets only what was reported as ended, and never launches or kills that again. */
  directive({ kind, application, attempt: number }: Wish): Directive[] {
    const attempt = key(application, number);
    if (kind === "forget") {
      if (!this.ends.has(attempt)) return [];
      this.dismissed.add(attempt);
      return [{ kind, attempt }];
    }
    if (kind === "kill") {
      return this.dismissed.has(attempt) ? [] : [{ kind, attempt, immediately: false }];
    }
    return this.ends.has(attempt) ? [] : [launch(attempt, { onDisconnect: "fence" })];
  }

  restart(journal: readonly WorkerJournalEntry[]): void {
    this.incarnation++;
    this.worker = new WorkerHarness({ journal, incarnation: this.incarnation });
    this.asked = [];
    this.replies.clear();
    this.taken.clear();
    this.worker.serve([...this.supervised.values()]);
    this.list = new Set(this.worker.state.attempts.keys());
  }

  check(token: number, message: Sync): void {
    this.asked.push({ token, message });
    expect(this.asked.length).toBeLessThanOrEqual(2);
    for (const seq of message.applied) {
      const directives = this.replies.get(seq);
      expect(directives, `seq ${seq} was applied, but never answered`).toBeDefined();
      expect(message.outstanding).not.toContain(seq);
      if (this.taken.has(seq)) continue;
      this.taken.add(seq);
      for (const { kind, attempt } of directives ?? []) {
        if (kind === "launch") this.list.add(attempt);
        if (kind === "forget") this.list.delete(attempt);
      }
    }
    const { running } = message;
    const said =
      running.kind === "hash"
        ? running.hash
        : hashOf(running.attempts.map(({ attempt }) => attempt));
    expect(said).toBe(hashOf(this.list));
    for (const { attempt, event: told } of message.reports) {
      if (told.kind !== "ended") continue;
      const before = this.ends.get(attempt);
      if (before !== undefined) expect(told.outcome.kind).toBe(before);
      this.ends.set(attempt, told.outcome.kind);
    }
    expect(this.worker.state.attempts.has(key(9, 9))).toBe(false);
  }
}

function hashOf(attempts: Iterable<AttemptKey>): string {
  const hash = new ListHash();
  for (const attempt of attempts) hash.add(attempt);
  return hash.toString();
}

describe("under any schedule of losses, delays, crashes and orders", () => {
  it("the list is that of the replies obeyed, starts follow their journal entry, ends never change, and one attempt of an application lives", () => {
    fc.assert(
      fc.property(fc.array(event, { minLength: 10, maxLength: 80, size: "max" }), (events) => {
        const schedule = new Schedule();
        schedule.drive();
        for (const happening of events) schedule.run(happening);
      }),
      { numRuns: 1_000 },
    );
  });
});
