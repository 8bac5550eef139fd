import type { Random } from "../random.ts";

/** Random numbers from one seed (mulberry32): the same seed gives the same sequence for ever. Not for secrets. */
export class SeededRandom implements Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  fraction(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  }

  hex(length: number): string {
    let text = "";
    for (let index = 0; index < length; index++) {
      text += Math.floor(this.fraction() * 256)
        .toString(16)
        .padStart(2, "0");
    }
    return text;
  }
}
