import { constants } from "node:os";
import { isAttemptKey } from "@aloha/core";
import type { AttemptKey, StartSpec } from "@aloha/core";
import type { Runtime, Timer } from "@aloha/runtime";
import { currentBootId } from "@aloha/runtime/node";
import { removeCgroup } from "../../containment/cgroup-directory.ts";
import type { TreeContainment } from "../../containment/containment.ts";
import type { GuardEntry, GuardianNote, HeldAttempt } from "../../core/index.ts";
import type { SegmentCompressor } from "../../output/segment-compressor.ts";
import { checkStart } from "../check-start.ts";
import type { Spawner, SpawnerEvents, SpawnRequest, Takeover } from "../spawner.ts";
import { agentCommand } from "./agent-command.ts";
import type { AgentLink } from "./agent-link.ts";
import { readMemo, writeMemo } from "./agent-memo.ts";
import { AgentOutput } from "./agent-output.ts";
import type { AgentReport, ExitedReport, HeldReport, StartFailedReport } from "./agent-report.ts";
import { CgroupSlots, type CgroupSlot } from "./cgroup-slots.ts";
import { explainFailedStart } from "./explain-failed-start.ts";
import { RollClock } from "./roll-clock.ts";

/** Renewals are passed on at most this often. */
const DEADLINES_DELAY_MS = 250;
/** How long a pipe may stay open in the hands of a process that is not of the tree. */
const OUTPUT_PATIENCE_MS = 5_000;

const noPlan = { directories: [], settings: [], joinFiles: [], oomFile: null };

export interface AgentSpawnerParts {
  readonly runtime: Runtime;
  readonly containment: TreeContainment;
  readonly compressor: SegmentCompressor;
  readonly events: SpawnerEvents;
  /** The deadlines as they are now. */
  readonly table: () => readonly GuardEntry[];
  /** Another agent, after one was lost. */
  readonly launch: () => Promise<AgentLink>;
  /** What the guardian of an earlier supervisor, which had no agent, did. */
  readonly notes: readonly GuardianNote[];
  readonly forgetNotes: () => void;
}

/** An attempt that the agent has. */
interface Started {
  readonly id: number;
  /** Null once it runs, and for one of an earlier supervisor. */
  spec: StartSpec | null;
  readonly slot: CgroupSlot | null;
  readonly output: AgentOutput;
  fenceBootMs: number | null;
  isDrained: boolean;
  /** Its cgroup is empty and as it was made. */
  isAsNew: boolean;
}

/** Starts processes through a native agent, which guards them as well, and keeps them if this process ends. */
export class AgentSpawner implements Spawner {
  readonly kind = "agent";
  readonly #parts: AgentSpawnerParts;
  readonly #slots: CgroupSlots;
  readonly #rollClock: RollClock;
  readonly #started = new Map<AttemptKey, Started>();
  readonly #keys = new Map<number, AttemptKey>();
  #link: AgentLink;
  #lastId = 0;
  #deadlinesTimer: Timer | null = null;
  #closed = false;

  constructor(parts: AgentSpawnerParts, link: AgentLink) {
    const { runtime, containment } = parts;
    this.#parts = parts;
    this.#link = link;
    this.#slots = new CgroupSlots(
      containment,
      `slot-${Math.round(runtime.clock.bootMs()).toString(36)}-`,
      (directory) => this.#link.send((writer) => agentCommand.removeCgroup(writer, directory)),
    );
    this.#rollClock = new RollClock(runtime, (attempt) => this.#rollSoon(attempt));
  }

  get description(): string {
    return `a native spawn agent (pid ${this.#link.pid})`;
  }

  begin(): Takeover {
    const held = this.#link.held.flatMap((report) => this.#takeOver(report) ?? []);
    return { notes: this.#parts.notes, held };
  }

  resume(): void {
    this.#parts.events.onInput({ kind: "guardian", event: "up", message: this.description });
    this.#listen();
  }

  forgetNotes(): void {
    this.#parts.forgetNotes();
  }

  spawn({ attempt, spec, fenceBootMs, leaseMs }: SpawnRequest): void {
    const { containment, events } = this.#parts;
    const refusal = checkStart(attempt, spec);
    if (refusal !== null) {
      events.onInput({ ...refusal, kind: "spawn-failed", attempt });
      return;
    }
    const slot = this.#slots.take(spec);
    if (slot !== null) containment.hold(attempt, slot.name);
    const started = this.#add(attempt, ++this.#lastId, spec, slot, fenceBootMs);
    started.spec = spec;
    this.#link.send((writer) =>
      agentCommand.spawn(writer, {
        id: started.id,
        key: attempt,
        memo: writeMemo({ spec, leaseMs, oomKills: slot?.oomKills ?? 0 }),
        spec,
        mechanism: containment.mechanism,
        cgroup: slot?.directory ?? "",
        plan: slot?.plan ?? noPlan,
        isMade: slot?.isMade ?? false,
        fenceBootMs,
      }),
    );
  }

  drain(attempt: AttemptKey): void {
    const started = this.#started.get(attempt);
    if (started === undefined || started.isDrained)
      this.#parts.events.onInput({ kind: "output-drained", attempt });
    else this.#link.send((writer) => agentCommand.drain(writer, started.id, OUTPUT_PATIENCE_MS));
  }

  release(attempt: AttemptKey): void {
    const started = this.#started.get(attempt);
    this.#parts.containment.forget(attempt);
    if (started === undefined) return;
    this.#started.delete(attempt);
    this.#rollClock.remove(attempt);
    const { id, slot, isAsNew } = started;
    if (!this.#keys.delete(id)) {
      // The agent that had it is gone.
      for (const directory of slot?.plan.directories ?? []) removeCgroup(directory);
      return;
    }
    const isKept = slot !== null && this.#slots.giveBack(slot, isAsNew);
    this.#link.send((writer) => agentCommand.release(writer, id, !isKept));
  }

  guardChanged(): void {
    this.#deadlinesTimer ??= this.#parts.runtime.timers.after(DEADLINES_DELAY_MS, () => {
      this.#deadlinesTimer = null;
      this.#sendDeadlines();
    });
  }

  replaceGuardian(): void {
    const { launch, events, runtime } = this.#parts;
    launch().then(
      (link) => {
        this.#link = link;
        this.#listen();
        events.onInput({ kind: "guardian", event: "up", message: this.description });
      },
      (error: unknown) => {
        if (this.#closed) return;
        runtime.logger.error("The spawn agent could not be replaced", { error });
        runtime.timers.after(1_000, () => this.replaceGuardian());
      },
    );
  }

  close(leavesWork: boolean): void {
    this.#closed = true;
    this.#deadlinesTimer?.clear();
    this.#rollClock.close();
    if (leavesWork) this.#link.leave();
    else void this.#link.end();
  }

  #listen(): void {
    const { events } = this.#parts;
    this.#link.begin({
      onReport: (report) => this.#onReport(report),
      onLost: (message) => this.#onLost(message),
      onStopped: (message) => events.onAlert("agent-stopped", message),
    });
  }

  #add(
    attempt: AttemptKey,
    id: number,
    spec: StartSpec,
    slot: CgroupSlot | null,
    fenceBootMs: number | null,
  ): Started {
    const { compressor, events } = this.#parts;
    const onTrouble = (message: string): void => events.onAlert("output", message);
    const started: Started = {
      id,
      spec: null,
      slot,
      output: new AgentOutput(attempt, spec, compressor, onTrouble),
      fenceBootMs,
      isDrained: false,
      isAsNew: false,
    };
    this.#started.set(attempt, started);
    this.#keys.set(id, attempt);
    this.#rollClock.add(attempt, spec.logs.rollEveryMs);
    return started;
  }

  #takeOver(report: HeldReport): HeldAttempt | null {
    const { id, key, pid, startTicks, startedWallMs, startedBootMs } = report;
    if (!isAttemptKey(key)) return null;
    const { spec, leaseMs, oomKills } = readMemo(report.memo);
    const slot = this.#slots.adopt(report.cgroup, spec, oomKills);
    if (slot !== null) this.#parts.containment.hold(key, slot.name);
    const fenceBootMs = report.fenceBootMs === 0 ? null : report.fenceBootMs;
    this.#add(key, id, spec, slot, fenceBootMs);
    this.#lastId = Math.max(this.#lastId, id);
    return {
      attempt: key,
      main: pid === 0 ? null : { pid, startTicks, bootId: currentBootId() },
      spec,
      leaseMs,
      fenceBootMs,
      startedAtMs: startedWallMs,
      startedBootMs,
    };
  }

  #onReport(report: AgentReport): void {
    if (!("id" in report)) return;
    const attempt = this.#keys.get(report.id);
    const started = attempt === undefined ? undefined : this.#started.get(attempt);
    // Released meanwhile.
    if (attempt === undefined || started === undefined) return;
    const { events } = this.#parts;
    switch (report.kind) {
      case "started":
        started.spec = null;
        events.onInput({
          kind: "spawned",
          attempt,
          pid: report.pid,
          startTicks: report.startTicks,
        });
        return;
      case "start-failed":
        this.#onStartFailed(attempt, started, report);
        return;
      case "exited":
        this.#onExited(attempt, started, report);
        return;
      case "drained":
        started.isDrained = true;
        events.onInput({ kind: "output-drained", attempt });
        return;
      case "roll":
        this.#roll(started, report);
        return;
      case "trouble":
        started.output.trouble(report);
        return;
      case "held":
        return;
    }
  }

  #onStartFailed(attempt: AttemptKey, started: Started, report: StartFailedReport): void {
    const failure = explainFailedStart(report, started.spec);
    this.#parts.events.onInput({ ...failure, kind: "spawn-failed", attempt });
  }

  #onExited(attempt: AttemptKey, started: Started, report: ExitedReport): void {
    const { containment, events } = this.#parts;
    const { slot } = started;
    const outOfMemory = slot !== null && report.oomKills > slot.oomKills;
    if (slot !== null) slot.oomKills = report.oomKills;
    started.isDrained = report.isDrained;
    started.isAsNew = report.isEmpty && report.isPristine;
    events.onInput({
      kind: "exited",
      attempt,
      exitCode: report.exitCode,
      signal: signalName(report.signal),
      outOfMemory,
      guardianKilled: report.isFenced,
      treeEmpty: containment.kind === "cgroup" && report.isEmpty ? "verified" : null,
    });
  }

  #onLost(message: string): void {
    this.#keys.clear();
    this.#parts.events.onInput({ kind: "agent-lost", message });
  }

  #sendDeadlines(): void {
    const changed: (readonly [number, number])[] = [];
    for (const { attempt, fenceBootMs } of this.#parts.table()) {
      const started = this.#started.get(attempt);
      if (started === undefined || fenceBootMs === null || started.fenceBootMs === fenceBootMs)
        continue;
      started.fenceBootMs = fenceBootMs;
      changed.push([started.id, fenceBootMs]);
    }
    if (changed.length > 0) this.#link.send((writer) => agentCommand.deadlines(writer, changed));
  }

  #rollSoon(attempt: AttemptKey): void {
    const started = this.#started.get(attempt);
    if (started === undefined || started.isDrained) return;
    this.#link.send((writer) => agentCommand.roll(writer, started.id));
  }

  #roll({ id, output }: Started, report: Extract<AgentReport, { kind: "roll" }>): void {
    const isRolled = output.roll(report);
    this.#link.send((writer) => agentCommand.goOn(writer, id, report.stream, isRolled));
  }
}

const signalNames: ReadonlyMap<number, string> = new Map(
  Object.entries(constants.signals).map(([name, number]) => [number, name]),
);

function signalName(number: number): string | null {
  return number === 0 ? null : (signalNames.get(number) ?? `SIG${number}`);
}
