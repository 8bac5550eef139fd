/**
 * Nothing leaves the master before its commit: every answer, directive, acknowledgement, lease and event speaks
 * of what is durable at that moment.
 */
import type {
  AlohaEvent,
  ApplicationRecord,
  AttemptReport,
  Directive,
  MasterAnswer,
  StoreChange,
  SyncReply,
  WorkerRecord,
} from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { attemptOf, mayLive } from "./committed-applications.ts";

export function commitBeforeOutput(): Checker {
  return new CommitBeforeOutput();
}

class CommitBeforeOutput implements Checker {
  readonly name = "commit-before-output";
  readonly #records = new Map<string, ApplicationRecord>();
  readonly #workers = new Map<string, WorkerRecord>();
  readonly #reports = new Map<string, Map<number, AttemptReport>>();
  readonly #incarnations = new Map<string, number>();
  #lastSequence = 0;

  observe(observation: Parameters<Checker["observe"]>[0]): string | undefined {
    switch (observation.kind) {
      case "committed":
        for (const change of observation.changes) this.#take(change);
        this.#lastSequence = observation.events.at(-1)?.sequence ?? this.#lastSequence;
        return undefined;
      case "sync-received": {
        const { workerId, incarnation, reports } = observation.sync;
        const newest = this.#incarnations.get(workerId) ?? 0;
        if (incarnation < newest) return undefined;
        if (incarnation > newest) this.#reports.delete(workerId);
        this.#incarnations.set(workerId, incarnation);
        const known = this.#reports.get(workerId) ?? new Map<number, AttemptReport>();
        for (const report of reports) known.set(report.id, report);
        this.#reports.set(workerId, known);
        return undefined;
      }
      case "event-left":
        return this.#judgeEvent(observation.event);
      case "answer-left":
        return this.#judgeAnswer(observation.answer, observation.workerId);
      default:
        return undefined;
    }
  }

  #take(change: StoreChange): void {
    if (change.kind === "application") this.#records.set(change.application.id, change.application);
    if (change.kind === "worker") this.#workers.set(change.worker.workerId, change.worker);
  }

  #judgeEvent({ sequence }: AlohaEvent): string | undefined {
    return sequence <= this.#lastSequence
      ? undefined
      : `event ${sequence} left, durable is ${this.#lastSequence}`;
  }

  #judgeAnswer(answer: MasterAnswer, workerId: string | null): string | undefined {
    switch (answer.kind) {
      case "submitted":
        return this.#records.has(answer.appId)
          ? undefined
          : `${answer.appId} was accepted before it was durable`;
      case "kill-accepted": {
        const record = this.#records.get(answer.appId);
        if (record !== undefined && (record.killRequest !== null || record.end !== null))
          return undefined;
        return `the kill of ${answer.appId} was accepted before it was durable`;
      }
      case "register":
        if (answer.reply.kind !== "registered" || workerId === null || this.#workers.has(workerId))
          return undefined;
        return `${workerId} was registered before its record was durable`;
      case "sync":
        return answer.reply.kind === "sync-reply" && workerId !== null
          ? this.#judgeReply(answer.reply, workerId)
          : undefined;
      default:
        return undefined;
    }
  }

  #judgeReply(reply: SyncReply, workerId: string): string | undefined {
    const maxLeaseMs = this.#workers.get(workerId)?.maxLeaseMs ?? 0;
    if (reply.leaseMs > maxLeaseMs)
      return `${workerId} was granted ${reply.leaseMs} ms, durable is ${maxLeaseMs} ms`;
    for (const directive of reply.directives) {
      const wrong = this.#judgeDirective(directive, workerId);
      if (wrong !== undefined) return wrong;
    }
    for (const id of reply.acks) {
      const wrong = this.#judgeAck(this.#reports.get(workerId)?.get(id));
      if (wrong !== undefined) return wrong;
    }
    return undefined;
  }

  #judgeDirective({ kind, attempt }: Directive, workerId: string): string | undefined {
    const { appId, number, name } = attemptOf(attempt);
    const record = this.#records.get(appId);
    const known = record?.attempts.find((candidate) => candidate.number === number);
    const isCurrent = record?.attemptsTotal === number && known !== undefined && mayLive(known);
    switch (kind) {
      case "launch":
        return known?.workerId === workerId
          ? undefined
          : `${name} was launched on ${workerId} before its placement was durable`;
      case "kill":
        return isCurrent && record.killRequest === null && !this.#isDrained(workerId)
          ? `${name} was killed without a durable reason`
          : undefined;
      case "forget":
        return isCurrent
          ? `${workerId} was told to forget ${name}, whose end is not durable`
          : undefined;
    }
  }

  /** What runs there may be stopped at a deadline. */
  #isDrained(workerId: string): boolean {
    return (this.#workers.get(workerId)?.drain?.deadlineAtMs ?? null) !== null;
  }

  #judgeAck(report: AttemptReport | undefined): string | undefined {
    if (report === undefined) return "a report was acknowledged that never came";
    const { appId, number, name } = attemptOf(report.attempt);
    const known = this.#records
      .get(appId)
      ?.attempts.find((candidate) => candidate.number === number);
    if (known === undefined || report.event.kind === "accepted") return undefined;
    if (report.event.kind === "ended" && mayLive(known))
      return `the end of ${name} was acknowledged before it was durable`;
    if (report.event.kind === "started" && known.phase === "PLACED")
      return `the start of ${name} was acknowledged before it was durable`;
    return undefined;
  }
}
