import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { needsOf, noResources } from "../../src/placement/resources.ts";
import { ShapeIndex } from "../../src/placement/shape-index.ts";
import { WaitingTable } from "../../src/placement/waiting-table.ts";

const amount = fc.oneof(fc.integer({ min: 0, max: 8 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }));
const joins = fc.uniqueArray(
  fc.record({ order: fc.integer({ min: 0, max: 1000 }), milliCores: amount, memoryMiB: amount }),
  {
    selector: ({ order }) => order,
    minLength: 1,
    maxLength: 60,
  },
);

describe("the index of shapes", () => {
  it("finds the oldest that fits, as looking at all of them does, while applications join and leave", () => {
    fc.assert(
      fc.property(
        joins,
        fc.array(fc.nat(), { maxLength: 60 }),
        fc.array(fc.tuple(amount, amount), { minLength: 1, maxLength: 20 }),
        (added, leaving, spaces) => {
          const table = new WaitingTable();
          const index = new ShapeIndex(table, needsOf(noResources));
          const waiting = added.map((each) => {
            const shape = index.obtain(each.milliCores, each.memoryMiB);
            expect([shape.milliCores, shape.memoryMiB]).toEqual([each.milliCores, each.memoryMiB]);
            const slot = table.add(`a${each.order}`, each.order, 0, shape);
            shape.add(slot);
            index.headChanged(shape);
            return { ...each, slot, shape };
          });
          const check = (): void => {
            for (const [milliCores, memoryMiB] of spaces) {
              const fitting = waiting.filter(
                (each) => each.milliCores <= milliCores && each.memoryMiB <= memoryMiB,
              );
              const oldest = Math.min(...fitting.map(({ order }) => order));
              expect(index.oldestWithin(milliCores, memoryMiB)?.headOrder ?? Infinity).toBe(oldest);
            }
            const distinct = new Set(waiting.map((each) => `${each.milliCores}/${each.memoryMiB}`));
            expect([...index.shapes()]).toHaveLength(distinct.size);
          };
          check();
          for (const pick of leaving) {
            const [gone] = waiting.splice(pick % Math.max(1, waiting.length), 1);
            if (gone === undefined) break;
            gone.shape.remove(gone.slot);
            index.headChanged(gone.shape);
            table.delete(gone.slot);
            check();
          }
        },
      ),
      { numRuns: 150 },
    );
  });
});

describe("the line of one shape", () => {
  it("keeps its order whoever leaves it", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.nat(1000), { minLength: 20, maxLength: 60 }),
        fc.array(fc.nat(), { minLength: 5, maxLength: 15 }),
        (orders, leaving) => {
          const table = new WaitingTable();
          const shape = new ShapeIndex(table, needsOf(noResources)).obtain(1, 1);
          const slots = new Map(
            orders.map((order) => [order, table.add(`a${order}`, order, 0, shape)]),
          );
          for (const slot of slots.values()) shape.add(slot);
          const left = [...orders];
          for (const pick of leaving) {
            const [gone] = left.splice(pick % Math.max(1, left.length), 1);
            if (gone !== undefined) shape.remove(slots.get(gone)!);
          }
          for (const order of left.sort((a, b) => a - b)) {
            expect(table.order(shape.head)).toBe(order);
            shape.remove(shape.head);
          }
          expect(shape.isEmpty).toBe(true);
        },
      ),
      { numRuns: 300 },
    );
  });
});
