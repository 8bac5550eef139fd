import fc from "fast-check";
import { expect, test } from "vitest";
import { snapshotEntries, type JournalEntry, type SupervisorEffect } from "@aloha/supervisor/core";
import { BenchSupervisor, attachedSupervisor, keyOf } from "./bench-supervisor.ts";

const kinds = [
  "start",
  "kill",
  "renew",
  "exit",
  "empty",
  "drained",
  "epoch",
  "advance",
  "durable",
  "guardian",
  "reattach",
] as const;

interface Action {
  readonly kind: (typeof kinds)[number];
  /** Which attempt, how long, how much. */
  readonly number: number;
}

const action: fc.Arbitrary<Action> = fc.record({
  // What leads to running attempts comes more often.
  kind: fc.constantFrom(...kinds, "start" as const, "durable" as const),
  number: fc.integer({ min: 1, max: 4 }),
});

const leaseMs = 10_000;

/** Plays the worker, the disk, the processes and the clock, and checks every effect. */
class Checker {
  readonly bench = attachedSupervisor();
  readonly #durable: JournalEntry[] = [];
  readonly #spawned = new Set<string>();
  readonly #running = new Set<string>();
  #epoch = 1;
  #incarnation = 1;
  #stamp = 1;
  #appended = this.bench.journal.length;

  play({ kind, number }: Action): void {
    const { bench } = this;
    const attempt = keyOf(number);
    switch (kind) {
      case "start": {
        const stamp = ++this.#stamp;
        bench.command({ kind: "stamp", stamp });
        this.check(
          bench.start(number, {
            stamp,
            leaseMs,
            epoch: this.#leader(),
            incarnation: this.#incarnation,
          }),
        );
        return;
      }
      case "kill":
        this.check(
          bench.command({
            kind: "kill",
            attempt,
            immediately: number % 2 === 0,
            authority: { epoch: this.#leader(), incarnation: this.#incarnation },
          }),
        );
        return;
      case "renew": {
        const stamp = ++this.#stamp;
        bench.command({ kind: "stamp", stamp });
        const authority = { epoch: this.#leader(), incarnation: this.#incarnation };
        this.check(
          bench.command({ kind: "renew", attempts: [attempt], stamp, leaseMs, authority }),
        );
        return;
      }
      case "exit":
        if (!this.#running.delete(attempt)) return;
        this.check(bench.exit(number, 0, null, number % 2 === 0 ? "verified" : null));
        return;
      case "empty":
        if (!this.#running.has(attempt))
          this.check(bench.feed({ kind: "tree-empty", attempt, tree: "verified" }));
        return;
      case "drained":
        this.check(bench.feed({ kind: "output-drained", attempt }));
        return;
      case "epoch":
        this.#epoch = Math.max(1, this.#epoch + (number - 2));
        return;
      case "advance":
        this.check(bench.advance(number * 1_500));
        return;
      case "durable":
        this.#flush(number);
        return;
      case "guardian":
        this.check(bench.feed({ kind: "guardian", event: "lost", message: "" }));
        this.check(bench.feed({ kind: "guardian", event: "up", message: "" }));
        return;
      case "reattach":
        this.#incarnation++;
        this.check(
          bench.command({
            kind: "attach",
            version: 1,
            workerId: "w1",
            incarnation: this.#incarnation,
          }),
        );
        return;
    }
  }

  check(effects: readonly SupervisorEffect[]): void {
    for (const effect of effects) {
      if (effect.kind === "append") this.#appended = effect.sequence;
      if (effect.kind === "spawn") this.#checkSpawn(effect.attempt);
      if (effect.kind === "signal-tree" || effect.kind === "kill-tree")
        this.#checkSignal(effect.tree.attempt);
      if (effect.kind === "report" && effect.report.kind === "ended") {
        const { attempt } = effect.report;
        expect(this.#durable).toContainEqual(expect.objectContaining({ kind: "ended", attempt }));
      }
    }
  }

  #leader(): { number: number; nonce: string } {
    return { number: this.#epoch, nonce: `nonce-${this.#epoch}` };
  }

  #checkSpawn(attempt: string): void {
    expect(this.#spawned.has(attempt)).toBe(false);
    this.#spawned.add(attempt);
    this.#running.add(attempt);
    expect(this.#durable).toContainEqual(expect.objectContaining({ kind: "accepted", attempt }));
    const known = this.bench.state.attempts.get(attempt as ReturnType<typeof keyOf>);
    expect(this.bench.bootMs).toBeLessThan(known?.deadlineBootMs ?? 0);
    this.check(
      this.bench.feed({
        kind: "spawned",
        attempt: attempt as ReturnType<typeof keyOf>,
        pid: 7,
        startTicks: 7,
      }),
    );
  }

  #checkSignal(attempt: string): void {
    const reasoned = this.#durable.some(
      (entry) => (entry.kind === "stop" || entry.kind === "exited") && entry.attempt === attempt,
    );
    const known = this.bench.state.attempts.get(attempt as ReturnType<typeof keyOf>);
    const fenced = known !== undefined && this.bench.bootMs >= known.deadlineBootMs;
    expect(reasoned || fenced).toBe(true);
  }

  /** Some of what was appended reaches the disk. */
  #flush(share: number): void {
    const count =
      this.#durable.length +
      Math.ceil(((this.bench.journal.length - this.#durable.length) * share) / 4);
    this.#durable.push(...this.bench.journal.slice(this.#durable.length, count));
    this.check(this.bench.feed({ kind: "durable", sequence: this.#durable.length }));
  }

  checkJournal(): void {
    const epochs = this.bench.journal.flatMap((entry) =>
      entry.kind === "epoch" ? [entry.epoch.number] : [],
    );
    expect(epochs).toEqual([...new Set(epochs)].sort((one, other) => one - other));
    for (const kind of ["accepted", "ended", "started"] as const) {
      const named = this.bench.journal.flatMap((entry) =>
        entry.kind === kind ? [entry.attempt] : [],
      );
      expect(named).toHaveLength(new Set(named).size);
    }
    expect(this.#appended).toBe(this.bench.journal.length);
  }
}

test("whatever happens in whatever order: one process an attempt, none past its deadline, reasons and ends durable first, epochs rise", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 80, size: "max" }), (actions) => {
      const checker = new Checker();
      for (const next of actions) checker.play(next);
      checker.checkJournal();
    }),
    { numRuns: 400 },
  );
});

test("a journal that was written anew recovers to the same state as the whole one", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60, size: "max" }), (actions) => {
      const checker = new Checker();
      for (const next of actions) checker.play(next);
      const whole = new BenchSupervisor({ entries: checker.bench.journal });
      const short = new BenchSupervisor({ entries: snapshotEntries(checker.bench.state) });
      const view = (bench: BenchSupervisor) =>
        new Map(
          [...bench.state.attempts.values()].map(({ key, phase, stop }) => [
            key,
            { phase, cause: stop?.cause },
          ]),
        );
      expect(view(short)).toEqual(view(whole));
      expect(short.state.epochs).toEqual(whole.state.epochs);
      expect(short.state.worker).toEqual(whole.state.worker);
    }),
    { numRuns: 200 },
  );
});
