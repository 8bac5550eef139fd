import type { Clock, Logger } from "@aloha/runtime";

/** A host that goes on breaking the protocol is complained of so often. */
const againAfterMs = 60_000;
/** Hosts that are remembered; when there are more, all are forgotten, and each is complained of once more. */
const hostsMax = 1_000;

/** Says that a peer broke the protocol, without letting it fill the log. */
export class BreachLog {
  readonly #logger: Logger;
  readonly #clock: Clock;
  readonly #hosts = new Map<string, { readonly toldAtMs: number; unsaid: number }>();

  constructor(logger: Logger, clock: Clock) {
    this.#logger = logger;
    this.#clock = clock;
  }

  /** `peer`: its address with the port, which is another one at every connection. */
  complain(peer: string | undefined, problem: string): void {
    const host = peer?.slice(0, peer.lastIndexOf(":")) ?? "";
    const nowMs = this.#clock.monotonicMs();
    const before = this.#hosts.get(host);
    if (before !== undefined && nowMs - before.toldAtMs < againAfterMs) {
      before.unsaid++;
      return;
    }
    if (this.#hosts.size >= hostsMax) this.#hosts.clear();
    this.#hosts.set(host, { toldAtMs: nowMs, unsaid: 0 });
    this.#logger.warn("a connection was closed because its peer broke the protocol", {
      peer,
      problem,
      ...(before === undefined || before.unsaid === 0 ? {} : { notSaidSince: before.unsaid }),
    });
  }
}
