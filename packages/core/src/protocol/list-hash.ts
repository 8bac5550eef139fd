import type { AttemptKey } from "../attempt-key.ts";

/**
 * An order-independent hash of a set of attempts, kept up to date in constant time: two 32-bit
 * FNV-1a hashes (other offset bases) of each key, combined by XOR, and the count. It only ever
 * triggers a full list; nothing is concluded from a match but that the lists are the same.
 */
export class ListHash {
  #high = 0;
  #low = 0;
  #count = 0;

  add(attempt: AttemptKey): void {
    this.#mix(attempt);
    this.#count++;
  }

  remove(attempt: AttemptKey): void {
    this.#mix(attempt);
    this.#count--;
  }

  toString(): string {
    return `${this.#count}-${this.#high.toString(16)}-${this.#low.toString(16)}`;
  }

  #mix(attempt: AttemptKey): void {
    let high = 0x811c9dc5;
    let low = 0x01000193;
    for (let index = 0; index < attempt.length; index++) {
      const code = attempt.charCodeAt(index);
      high = Math.imul(high ^ code, 0x01000193);
      low = Math.imul(low ^ code, 0x85ebca6b);
      low ^= low >>> 13;
    }
    this.#high = (this.#high ^ high) >>> 0;
    this.#low = (this.#low ^ low) >>> 0;
  }
}
