import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Fifo } from "../../src/dispatch/fifo.ts";

describe("the queue", () => {
  it("gives back in order what was put in, however the two alternate", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 500 }), (steps) => {
        const queue = new Fifo<number>();
        const model: number[] = [];
        for (const [index, isPush] of steps.entries()) {
          if (isPush) {
            queue.push(index);
            model.push(index);
          } else {
            expect(queue.shift()).toBe(model.shift());
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });
});
