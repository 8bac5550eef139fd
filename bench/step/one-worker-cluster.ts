import {
  createMaster,
  defaultMasterSettings,
  parseDescription,
  stepMaster,
  type ApplicationDescription,
  type AttemptKey,
  type AttemptReport,
  type MasterEffect,
  type MasterInput,
  type MasterState,
  type SyncReply,
} from "@aloha/core";

const SUBMIT_BATCH_LENGTH = 1_000;
const NOW = { bootMs: 1_000, wallMs: 1_700_000_000_000 };
const EPOCH = { number: 1, nonce: "bench" };

/** Applications of one core that the worker has room for. */
export const runningAtOnce = 4;

/** A master with one worker that is always full; what the worker says is made up here. */
export class OneWorkerCluster {
  readonly #state: MasterState;
  readonly #running: AttemptKey[] = [];
  /** Ended, and not yet forgotten. */
  readonly #held = new Set<AttemptKey>();
  #token = 0;
  #seq = 0;
  #reportId = 0;

  constructor() {
    this.#state = createMaster({
      settings: { ...defaultMasterSettings, masters: [] },
      snapshot: {
        cluster: { clusterId: "bench", epoch: EPOCH, nextNumber: 0 },
        applications: [],
        workers: [],
        requests: [],
        lastEventSequence: 0,
      },
      now: NOW,
    }).state;
  }

  submit(count: number): void {
    const description = oneCore();
    for (let left = count; left > 0; left -= SUBMIT_BATCH_LENGTH) {
      const length = Math.min(left, SUBMIT_BATCH_LENGTH);
      const batch = Array.from({ length }, (): MasterInput => {
        return { kind: "submit", token: ++this.#token, description, prefix: "app", request: null };
      });
      stepMaster(this.#state, batch, NOW);
    }
  }

  /** The worker registers, and its first Sync fills it. */
  start(): void {
    const register: MasterInput = {
      kind: "register",
      token: ++this.#token,
      message: {
        kind: "register",
        version: 1,
        workerId: "w1",
        hostId: "h1",
        bootId: "b1",
        incarnation: 1,
        epochSeen: null,
        clusterIdSeen: null,
        nonce: "n1",
        address: { host: "127.0.0.1", port: 1 },
        milliCores: runningAtOnce * 1000,
        memoryMiB: 65_536,
        containment: "cgroup",
        guarded: true,
        resources: {},
        labels: {},
        softwareVersion: "0.1.0",
      },
    };
    stepMaster(this.#state, [register], NOW);
    this.#sync([]);
    if (this.#running.length !== runningAtOnce) throw new Error("The worker was not filled.");
  }

  /** The oldest running application ends; throws unless another is launched for it. */
  endOne(): void {
    const attempt = this.#running.shift();
    if (attempt === undefined) throw new Error("Nothing runs.");
    const outcome = {
      kind: "exited",
      exitCode: 0,
      signal: null,
      stopCause: null,
      outOfMemory: false,
      tree: "verified",
      startedAtMs: NOW.wallMs,
      endedAtMs: NOW.wallMs,
    } as const;
    this.#sync([{ id: ++this.#reportId, attempt, event: { kind: "ended", outcome } }]);
    if (this.#running.length !== runningAtOnce)
      throw new Error("Nothing was launched in its place.");
  }

  #sync(reports: readonly AttemptReport[]): void {
    const token = ++this.#token;
    const seq = ++this.#seq;
    const attempts = [...this.#held].map((attempt) => {
      return { attempt, phase: "started", milliCores: 1000, memoryMiB: 1024 } as const;
    });
    const effects = stepMaster(
      this.#state,
      [
        {
          kind: "sync",
          token,
          message: {
            kind: "sync",
            workerId: "w1",
            incarnation: 1,
            seq,
            epochSeen: EPOCH,
            nonce: "n1",
            stamp: seq,
            applied: seq === 1 ? [] : [seq - 1],
            outstanding: [],
            intent: "serving",
            reports,
            running: { kind: "full", attempts },
          },
        },
      ],
      NOW,
    );
    for (const directive of replyTo(token, effects)?.directives ?? []) {
      if (directive.kind === "launch") {
        this.#running.push(directive.attempt);
        this.#held.add(directive.attempt);
      } else if (directive.kind === "forget") {
        this.#held.delete(directive.attempt);
      }
    }
  }
}

function replyTo(token: number, effects: readonly MasterEffect[]): SyncReply | undefined {
  const found = effects.find((effect) => effect.kind === "answer" && effect.token === token);
  if (found?.kind !== "answer" || found.answer.kind !== "sync") return undefined;
  return found.answer.reply.kind === "sync-reply" ? found.answer.reply : undefined;
}

function oneCore(): ApplicationDescription {
  const parsed = parseDescription(
    { name: "bench", entryPoint: "shell", args: ["/bin/true"], cores: 1, memory: 1024 },
    { unknownFields: "refuse" },
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.description;
}
