import { SeededRandom } from "@aloha/runtime/memory";
import { expect, test } from "vitest";

test("the same seed gives the same sequence", () => {
  const first = new SeededRandom(7);
  const second = new SeededRandom(7);
  expect([first.fraction(), first.hex(4)]).toEqual([second.fraction(), second.hex(4)]);
});

test("hex gives two characters a byte", () => {
  expect(new SeededRandom(1).hex(16)).toMatch(/^[0-9a-f]{32}$/);
});
