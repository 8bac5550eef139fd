import { setImmediate as turn } from "node:timers/promises";
import type {
  AlohaError,
  AlohaEvent,
  Batch,
  MasterAnswer,
  MasterEffect,
  MasterInput,
  Token,
} from "@aloha/core";
import { SimulatedTime } from "@aloha/runtime/memory";
import { Pipeline, type PipelineLimits } from "../src/pipeline.ts";

/** A pipeline with a scripted core and an engine whose commits end when the test says so. */
export class PipelineHarness {
  readonly time = new SimulatedTime(1_000);
  readonly steps: (readonly MasterInput[])[] = [];
  readonly commits: {
    readonly batch: Batch;
    readonly resolve: () => void;
    readonly reject: (error: Error) => void;
  }[] = [];
  /** What left, in order. */
  readonly released: string[] = [];
  readonly failures: AlohaError[] = [];
  readonly pipeline: Pipeline;
  respond: (inputs: readonly MasterInput[]) => readonly MasterEffect[] = (inputs) =>
    inputs.flatMap(recordAndAnswer);

  constructor(limits: Partial<PipelineLimits> = {}) {
    this.pipeline = new Pipeline({
      step: (inputs) => {
        this.steps.push(inputs);
        return this.respond(inputs);
      },
      commit: (batch) =>
        new Promise((resolve, reject) => {
          this.commits.push({ batch, resolve, reject });
        }),
      outputs: {
        answer: (token) => this.released.push(`answer ${token}`),
        event: (event) => this.released.push(`event ${event.sequence}`),
        lookUp: (lookUp) => this.released.push(`look-up ${lookUp.appId}`),
      },
      failed: (error) => this.failures.push(error),
      clock: this.time,
      timers: this.time,
      limits,
    });
  }

  /** Pushes questions and lets the next turn of the loop take them as one batch. */
  batch(...tokens: readonly Token[]): void {
    for (const token of tokens) this.pipeline.push(barrier(token));
    this.time.advance(0);
  }

  async settle(): Promise<void> {
    for (let round = 0; round < 3; round++) {
      await turn();
      this.time.advance(0);
    }
  }
}

export function barrier(token: Token): MasterInput {
  return { kind: "barrier", token };
}

export function answer(token: Token, urgent = false): MasterEffect {
  const reply: MasterAnswer = { kind: "barrier" };
  return { kind: "answer", token, answer: reply, urgent };
}

export function persist(name: string): MasterEffect {
  return { kind: "persist", change: { kind: "remove-worker", workerId: name } };
}

export function alert(sequence: number): AlohaEvent {
  return { kind: "alert", code: "test", message: "test", sequence, atMs: 0 };
}

/** Even tokens have a record to write, odd ones have not. */
function recordAndAnswer(input: MasterInput): readonly MasterEffect[] {
  if (!("token" in input) || input.kind === "abandoned") return [];
  return input.token % 2 === 0
    ? [persist(`w${input.token}`), answer(input.token)]
    : [answer(input.token)];
}
