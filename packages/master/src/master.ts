/**
 * The states of a master process (DESIGN 5):
 *
 *   STANDBY -> ELECTED -> LOADING -> RECOVERING -> ALIVE <-> READ_ONLY
 *   any of these -> STANDBY      it was deposed, or its store failed
 *   any of these -> STOPPED
 *
 * Up to LOADING it denies leading. It listens before it seeks election and ends its leadership
 * before it stops listening, so that a refused connection never hides a leader.
 */
import { AlohaError, toAlohaError } from "@aloha/core";
import type { Logger } from "@aloha/runtime";
import type { Candidate, ElectionAgent } from "./election/agent.ts";
import type { Leadership, LeadershipState } from "./leadership.ts";

export type MasterPhase = "STANDBY" | "ELECTED" | "LOADING" | LeadershipState | "STOPPED";

/** Why a master led no more, where it did not stop on purpose. */
export type MasterFailure = { readonly kind: "failed"; readonly error: AlohaError };
export type MasterEnd = { readonly kind: "stopped" } | MasterFailure;

export interface MasterOptions {
  readonly election: ElectionAgent;
  /** Opens the store and begins to lead; `lost` is called if the leadership ends by itself. */
  readonly lead: (lost: (error: AlohaError) => void) => Promise<Leadership>;
  /** Closes what `lead` opened. */
  readonly leave: () => Promise<void>;
  readonly logger: Logger;
}

/** What the endpoint and the HTTP server ask before they serve anybody. */
export interface MasterStanding {
  readonly phase: MasterPhase;
  /** Present from RECOVERING on. */
  readonly leadership: Leadership | undefined;
}

export class Master implements Candidate, MasterStanding {
  readonly ended: Promise<MasterEnd>;
  readonly #options: MasterOptions;
  #end: (end: MasterEnd) => void = () => undefined;
  #before: "STANDBY" | "ELECTED" | "LOADING" | "STOPPED" = "STANDBY";
  #leadership: Leadership | undefined;
  #leading: Promise<void> = Promise.resolve();

  constructor(options: MasterOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get phase(): MasterPhase {
    return this.#leadership?.state ?? this.#before;
  }

  get leadership(): Leadership | undefined {
    return this.#leadership;
  }

  /** Seeks election. Resolves once it leads or waits in STANDBY; rejects if it was elected and cannot lead. */
  async start(): Promise<void> {
    await this.#options.election.start(this);
    await this.#leading;
  }

  elected(): void {
    if (this.#before !== "STANDBY") return;
    this.#before = "ELECTED";
    this.#leading = this.#lead();
    // Whoever started this master is told by `start`; later elections end it through `ended`.
    this.#leading.catch((thrown: unknown) =>
      this.#end({ kind: "failed", error: toAlohaError(thrown) }),
    );
  }

  deposed(reason: string): void {
    this.#stepDown(new AlohaError("not-leader", `This master was deposed: ${reason}`));
  }

  /** Gives leadership up in order. What was accepted is answered first. */
  async stop(): Promise<void> {
    if (this.#before === "STOPPED") return;
    await this.#leading.catch(() => undefined);
    const leadership = this.#leadership;
    await leadership?.end();
    this.#leadership = undefined;
    this.#before = "STOPPED";
    await this.#options.election.stop();
    await this.#options.leave();
    this.#end({ kind: "stopped" });
  }

  async #lead(): Promise<void> {
    this.#before = "LOADING";
    try {
      const leadership = await this.#options.lead((error) => this.#stepDown(error));
      this.#leadership = leadership;
      this.#options.logger.info("This master leads", {
        clusterId: leadership.clusterId,
        epoch: leadership.epoch.number,
      });
    } catch (thrown) {
      this.#before = "STANDBY";
      throw toAlohaError(thrown);
    }
  }

  /** At once: from here on it denies leading, and nothing it had not committed leaves it. */
  #stepDown(error: AlohaError): void {
    if (this.#before === "STOPPED") return;
    this.#leadership = undefined;
    this.#before = "STANDBY";
    this.#options.logger.error("This master leads no more", { error });
    this.#end({ kind: "failed", error });
  }
}
