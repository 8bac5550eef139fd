import {
  masterEndpointName,
  parseAttemptKey,
  workerEndpointName,
  workerProtocolVersion,
} from "@aloha/core";
import type {
  AttemptKey,
  AttemptOutcome,
  AttemptReport,
  Epoch,
  ListedAttempt,
  LogReply,
  OutputStream,
  ReadLog,
} from "@aloha/core";
import {
  defineProtocol,
  formatRpcUrl,
  RpcEnv,
  tcpTransport,
  type RpcAddress,
  type RpcRef,
} from "@aloha/rpc";
import { onTestFinished } from "vitest";
import { masterProtocol, type MasterProtocol } from "../src/endpoint.ts";
import type { WorkerProtocol } from "../src/rest/worker-logs.ts";
import { testRuntime } from "./running-master.ts";

const workerProtocol = defineProtocol<WorkerProtocol>({
  name: workerEndpointName,
  kinds: { "read-log": {} },
});

/** A worker that obeys directives at once, without processes: attempts write and end when the test says so. */
export class FakeWorker {
  readonly launched: string[] = [];
  /** Syncs that were answered, and what the others were told. */
  syncsAnswered = 0;
  readonly syncsRefused: unknown[] = [];
  readonly output = new Map<string, { bytes: Buffer; firstOffset: number; complete: boolean }>();
  readonly #attempts = new Map<AttemptKey, ListedAttempt>();
  readonly #changed = new Set<() => void>();
  #reports: AttemptReport[] = [];
  #rpc: RpcEnv | undefined;
  #port = 0;
  #stopped = false;
  #seq = 0;
  #applied: number[] = [];
  #reportId = 0;
  readonly #incarnation: number;

  private constructor(incarnation: number) {
    this.#incarnation = incarnation;
  }

  /** Registers with a master, and syncs until the test is over. */
  static async start(master: RpcAddress, incarnation = 1): Promise<FakeWorker> {
    const worker = new FakeWorker(incarnation);
    await worker.listen();
    onTestFinished(() => worker.stop());
    const env = await RpcEnv.start({
      name: "fake-worker-out",
      runtime: testRuntime(),
      transport: tcpTransport(),
    });
    onTestFinished(() => env.stop());
    const ref = env.ref(formatRpcUrl(masterEndpointName, master), masterProtocol);
    const registered = await ref.ask({
      kind: "register",
      version: workerProtocolVersion,
      workerId: "worker-1",
      hostId: "host-1",
      bootId: "boot-1",
      incarnation,
      epochSeen: null,
      clusterIdSeen: null,
      nonce: "nonce",
      address: { host: "127.0.0.1", port: worker.#port },
      milliCores: 8_000,
      memoryMiB: 8_192,
      resources: {},
      labels: {},
      containment: "group",
      guarded: true,
      softwareVersion: "0.1.0",
    });
    if (registered.kind !== "registered") throw new Error(JSON.stringify(registered));
    void worker.#syncForEver(ref, registered.epoch);
    return worker;
  }

  /** Opens the endpoint that logs are read from; after `close` on the same port. */
  async listen(): Promise<void> {
    this.#rpc = await RpcEnv.start({
      name: "fake-worker",
      runtime: testRuntime(),
      transport: tcpTransport(),
      listen: { host: "127.0.0.1", port: this.#port },
    });
    this.#port = this.#rpc.address?.port ?? 0;
    this.#rpc.register(workerEndpointName, workerProtocol, {
      receive: (message, context) =>
        void this.#readLog(message, context.signal).then((reply) => context.reply(reply)),
    });
  }

  async close(): Promise<void> {
    await this.#rpc?.stop();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.close();
  }

  write(appId: string, stream: OutputStream, text: string): void {
    const log = this.#log(appId, stream);
    log.bytes = Buffer.concat([log.bytes, Buffer.from(text)]);
    this.#wake();
  }

  /** Rolls away everything before `offset`. */
  roll(appId: string, stream: OutputStream, offset: number): void {
    this.#log(appId, stream).firstOffset = offset;
  }

  end(appId: string, exitCode: number): void {
    for (const stream of ["stdout", "stderr"] as const) this.#log(appId, stream).complete = true;
    const attempt = [...this.#attempts.keys()].find((key) => parseAttemptKey(key)?.appId === appId);
    if (attempt === undefined) throw new Error(`${appId} does not run here`);
    const outcome: AttemptOutcome = {
      kind: "exited",
      exitCode,
      signal: null,
      stopCause: null,
      outOfMemory: false,
      tree: "verified",
      startedAtMs: 1,
      endedAtMs: 2,
    };
    this.#attempts.set(attempt, { ...this.#attempts.get(attempt)!, phase: "ended" });
    this.#report(attempt, { kind: "ended", outcome });
    this.#wake();
  }

  #log(
    appId: string,
    stream: OutputStream,
  ): { bytes: Buffer; firstOffset: number; complete: boolean } {
    const key = `${appId} ${stream}`;
    const log = this.output.get(key) ?? { bytes: Buffer.alloc(0), firstOffset: 0, complete: false };
    this.output.set(key, log);
    return log;
  }

  async #readLog(message: ReadLog, signal: AbortSignal): Promise<LogReply> {
    const log = this.#log(parseAttemptKey(message.attempt)?.appId ?? "", message.stream);
    const wanted = message.offset < 0 ? log.bytes.length + message.offset : message.offset;
    if (wanted >= log.bytes.length && !log.complete && message.waitMs > 0 && !signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#changed.add(resolve);
        signal.addEventListener("abort", () => resolve(), { once: true });
      });
    }
    const offset = Math.max(0, wanted, log.firstOffset);
    const bytes = log.bytes.subarray(offset, offset + message.maxBytes);
    return {
      kind: "log-chunk",
      offset,
      bytes,
      firstOffset: log.firstOffset,
      sizeBytes: log.bytes.length,
      complete: log.complete,
    };
  }

  async #syncForEver(ref: RpcRef<MasterProtocol>, epoch: Epoch): Promise<void> {
    while (!this.#stopped) {
      const seq = ++this.#seq;
      const asking = ref.ask(
        {
          kind: "sync",
          workerId: "worker-1",
          incarnation: this.#incarnation,
          seq,
          epochSeen: epoch,
          nonce: "nonce",
          stamp: seq,
          applied: this.#applied,
          outstanding: [],
          intent: "serving",
          reports: this.#reports,
          running: { kind: "full", attempts: [...this.#attempts.values()] },
        },
        { timeoutMs: 30_000 },
      );
      // News ends the wait for an answer that the master holds: the next Sync overtakes it.
      const changed = new Promise<"changed">((resolve) =>
        this.#changed.add(() => resolve("changed")),
      );
      asking.then(
        () => this.syncsAnswered++,
        (thrown: unknown) => this.#stopped || this.syncsRefused.push(thrown),
      );
      const answer = await Promise.race([asking, changed]).catch(() => undefined);
      if (answer === undefined) return;
      if (answer === "changed") {
        continue;
      }
      if (answer.kind !== "sync-reply") return;
      this.#applied = [seq];
      this.#reports = this.#reports.filter((report) => !answer.acks.includes(report.id));
      for (const directive of answer.directives) this.#obey(directive);
    }
  }

  #obey(directive: {
    readonly kind: "launch" | "kill" | "forget";
    readonly attempt: AttemptKey;
  }): void {
    const { attempt } = directive;
    if (directive.kind === "forget") {
      this.#attempts.delete(attempt);
      return;
    }
    if (directive.kind === "kill") {
      this.end(parseAttemptKey(attempt)?.appId ?? "", 143);
      return;
    }
    if (this.#attempts.has(attempt)) return;
    this.launched.push(attempt);
    this.#attempts.set(attempt, { attempt, phase: "started", milliCores: 1_000, memoryMiB: 1_024 });
    this.#report(attempt, { kind: "accepted" });
    this.#report(attempt, { kind: "started", pid: 4711, startedAtMs: 1 });
  }

  #report(attempt: AttemptKey, event: AttemptReport["event"]): void {
    this.#reports.push({ id: ++this.#reportId, attempt, event });
  }

  #wake(): void {
    const waiting = [...this.#changed];
    this.#changed.clear();
    for (const resolve of waiting) resolve();
  }
}
