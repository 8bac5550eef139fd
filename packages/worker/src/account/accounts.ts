import type { Account } from "@aloha/core";
import type { Clock } from "@aloha/runtime";
import { readAccount } from "./read-account.ts";
import type { HostAccount } from "./read-account.ts";

/** The account that an attempt runs as, or a sentence that says why it cannot. */
export type ResolvedAccount =
  /** Null: the worker's own. */
  | { readonly kind: "resolved"; readonly account: HostAccount | null }
  | { readonly kind: "refused"; readonly message: string };

export interface AccountsOptions {
  readonly workerId: string;
  /** For descriptions that name none; null: the worker's own. */
  readonly defaultUser: string | null;
  /** The worker's own account, which others can only be taken from by root. */
  readonly ownUid: number;
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly read?: (name: string) => Promise<HostAccount | undefined>;
}

/** An account that was found is asked for again after this: it may have joined a group. */
const rememberMs = 60_000;
/** Accounts remembered. */
const rememberedMax = 1_000;

/** Finds out as whom attempts run on this worker. */
export class Accounts {
  readonly #options: AccountsOptions;
  readonly #known = new Map<string, { readonly account: HostAccount; readonly untilMs: number }>();

  constructor(options: AccountsOptions) {
    this.#options = options;
  }

  /** `user` is what the description says. Never rejects. */
  async resolve(user: string | null): Promise<ResolvedAccount> {
    const { workerId, defaultUser, ownUid } = this.#options;
    const name = user ?? defaultUser;
    if (name === null) return { kind: "resolved", account: null };
    let account: HostAccount | undefined;
    try {
      account = await this.#find(name);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      return refused(`Worker ${workerId} cannot look up the account ${name}: ${reason}`);
    }
    if (account === undefined) {
      return refused(
        `There is no account ${name} on the host of worker ${workerId}. Make it there, or name another in user.`,
      );
    }
    if (account.uid === ownUid) return { kind: "resolved", account: null };
    if (ownUid !== 0) {
      return refused(
        `Worker ${workerId} runs as uid ${ownUid} and cannot start anything as ${name} (uid ${account.uid}): only a worker that runs as root can. Submit without user, or run that worker as root.`,
      );
    }
    return { kind: "resolved", account };
  }

  async #find(name: string): Promise<HostAccount | undefined> {
    const { clock, read = readAccount } = this.#options;
    const known = this.#known.get(name);
    if (known !== undefined && clock.monotonicMs() < known.untilMs) return known.account;
    const account = await read(name);
    if (this.#known.size >= rememberedMax) this.#known.clear();
    if (account === undefined) this.#known.delete(name);
    else this.#known.set(name, { account, untilMs: clock.monotonicMs() + rememberMs });
    return account;
  }
}

/** What a start needs of an account. */
export function toAccount({ uid, gid, groups }: HostAccount): Account {
  return { uid, gid, groups };
}

function refused(message: string): ResolvedAccount {
  return { kind: "refused", message };
}
