import type { AlohaEvent } from "@aloha/core";

/** Watches at a time. A waiting client holds a connection, so that this leaves room for all others. */
export const applicationWatchesMax = 1_000;

/** Sees whether an application changes, from when it was opened until it is disposed of. */
export interface ApplicationWatch extends Disposable {
  /**
   * Resolves at once if the application has changed since the last call, else when it does, when `signal` fires, or when
   * the leadership is over. What is read from the store after that holds the change.
   */
  changed(signal: AbortSignal): Promise<void>;
}

/** Wakes those who wait for one application. It hears of a change once that is committed. */
export class ApplicationWaits {
  readonly #watches = new Map<string, Set<Watch>>();
  readonly #lengthMax: number;
  #length = 0;
  #closed = false;

  constructor(lengthMax: number = applicationWatchesMax) {
    this.#lengthMax = lengthMax;
  }

  get length(): number {
    return this.#length;
  }

  publish(event: AlohaEvent): void {
    if (event.kind !== "application-state-changed" && event.kind !== "application-relaunched")
      return;
    for (const watch of this.#watches.get(event.appId) ?? []) watch.wake();
  }

  /** Undefined if there is no room. To be opened before the store is read, so that nothing is missed in between. */
  watch(appId: string): ApplicationWatch | undefined {
    if (this.#length >= this.#lengthMax) return undefined;
    const watch = new Watch(() => this.#remove(appId, watch));
    const watches = this.#watches.get(appId) ?? new Set();
    this.#watches.set(appId, watches.add(watch));
    this.#length++;
    if (this.#closed) watch.wake();
    return watch;
  }

  /** Wakes everybody: nothing is published any more. */
  close(): void {
    this.#closed = true;
    for (const watches of this.#watches.values()) for (const watch of watches) watch.wake();
  }

  #remove(appId: string, watch: Watch): void {
    const watches = this.#watches.get(appId);
    if (watches?.delete(watch) !== true) return;
    this.#length--;
    if (watches.size === 0) this.#watches.delete(appId);
  }
}

class Watch implements ApplicationWatch {
  readonly #disposed: () => void;
  #hasChanged = false;
  #waiting: (() => void) | undefined;

  constructor(disposed: () => void) {
    this.#disposed = disposed;
  }

  wake(): void {
    this.#hasChanged = true;
    this.#waiting?.();
  }

  changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const finish = (): void => {
        signal.removeEventListener("abort", finish);
        this.#waiting = undefined;
        this.#hasChanged = false;
        resolve();
      };
      if (this.#hasChanged || signal.aborted) {
        finish();
        return;
      }
      this.#waiting = finish;
      signal.addEventListener("abort", finish, { once: true });
    });
  }

  [Symbol.dispose](): void {
    this.#disposed();
  }
}
