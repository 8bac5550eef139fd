import { randomUUID } from "node:crypto";
import { masterEndpointName, type AttemptReport, type Directive, type Sync } from "@aloha/core";
import { RpcEnv, tcpTransport, type ReceiveContext } from "@aloha/rpc";
import type { Runtime } from "@aloha/runtime";
import { masterProtocol, type MasterProtocol } from "../src/protocols.ts";

/** Of this run alone: guardians find what they have to kill by its mark on the whole host, where other tests run. */
export const testClusterId = `c-${randomUUID()}`;

const epoch = { number: 1, nonce: "first" };

interface Held {
  readonly sync: Sync;
  readonly context: ReceiveContext;
}

/** A master that says what the test wants said, and keeps what it heard. */
export class FakeMaster implements AsyncDisposable {
  readonly reports = new Map<number, AttemptReport>();
  readonly syncs: Sync[] = [];
  registrations = 0;
  leaseMs = 60_000;
  /** Takes what comes and answers nothing, as behind a partition. */
  silent = false;
  readonly #rpc: RpcEnv;
  #directives: Directive[] = [];
  #held: Held | undefined;
  #waiters: (() => void)[] = [];

  static async start(runtime: Runtime, port = 0): Promise<FakeMaster> {
    const rpc = await RpcEnv.start({
      name: "fake master",
      runtime,
      transport: tcpTransport(),
      listen: { host: "127.0.0.1", port },
    });
    return new FakeMaster(rpc);
  }

  private constructor(rpc: RpcEnv) {
    this.#rpc = rpc;
    rpc.register<MasterProtocol>(masterEndpointName, masterProtocol, {
      receive: (message, context) => {
        if (this.silent) return;
        if (message.kind === "register") {
          this.registrations++;
          const { leaseMs } = this;
          const masters = [this.address];
          context.reply({ kind: "registered", clusterId: testClusterId, epoch, leaseMs, masters });
        } else if (message.kind === "probe") {
          context.reply({ kind: "leading", nonce: message.nonce, epoch });
        } else this.#sync(message, context);
        this.#stir();
      },
    });
  }

  get rpc(): RpcEnv {
    return this.#rpc;
  }

  get address(): string {
    return `127.0.0.1:${this.#rpc.address?.port ?? 0}`;
  }

  /** Goes out with the next reply; a Sync that is held is answered now. */
  direct(...directives: Directive[]): void {
    this.#directives.push(...directives);
    const held = this.#held;
    this.#held = undefined;
    if (held !== undefined) this.#answer(held, []);
  }

  /** Waits until `find` finds something. */
  async until<Found>(find: () => Found | undefined, patienceMs = 8_000): Promise<Found> {
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#stir();
    }, patienceMs);
    try {
      for (;;) {
        const found = find();
        if (found !== undefined) return found;
        if (late) {
          throw new Error(`Waited in vain. Reports: ${JSON.stringify([...this.reports.values()])}`);
        }
        await new Promise<void>((resolve) => this.#waiters.push(resolve));
      }
    } finally {
      clearTimeout(timer);
    }
  }

  /** The report of this kind about an attempt, when it comes. */
  async report<Kind extends AttemptReport["event"]["kind"]>(
    attempt: string,
    kind: Kind,
  ): Promise<Extract<AttemptReport["event"], { kind: Kind }>> {
    const isWanted = (
      event: AttemptReport["event"],
    ): event is Extract<AttemptReport["event"], { kind: Kind }> => event.kind === kind;
    return await this.until(() => {
      for (const { attempt: of, event } of this.reports.values()) {
        if (of === attempt && isWanted(event)) return event;
      }
      return undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.silent) this.direct();
    await this.#rpc.stop();
  }

  #sync(sync: Sync, context: ReceiveContext): void {
    this.syncs.push(sync);
    if (this.#held !== undefined) this.#answer(this.#held, []);
    this.#held = undefined;
    for (const report of sync.reports) this.reports.set(report.id, report);
    const acks = sync.reports.map(({ id }) => id);
    const held = { sync, context };
    if (acks.length > 0 || this.#directives.length > 0 || sync.intent === "stopping") {
      this.#answer(held, acks);
    } else this.#hold(held);
  }

  /** As long as a master may hold a Sync: a twelfth of a lease. */
  #hold(held: Held): void {
    this.#held = held;
    setTimeout(() => {
      if (this.#held !== held || this.silent) return;
      this.#held = undefined;
      this.#answer(held, []);
    }, this.leaseMs / 12).unref();
  }

  #answer({ sync, context }: Held, acks: readonly number[]): void {
    const directives = this.#directives;
    this.#directives = [];
    context.reply({
      kind: "sync-reply",
      seq: sync.seq,
      epoch,
      leaseMs: sync.intent === "stopping" ? 900_000 : this.leaseMs,
      masters: [this.address],
      directives,
      acks,
      wantFull: false,
    });
  }

  #stir(): void {
    const waiters = this.#waiters;
    this.#waiters = [];
    for (const wake of waiters) wake();
  }
}
