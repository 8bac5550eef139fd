import type { SupervisorCommand } from "@aloha/core";
import { expect, it } from "vitest";
import { StartCompactor, StartExpander } from "../../src/socket/compact-starts.ts";
import { FrameReader } from "../../src/socket/frames.ts";
import { epochOne, keyOf, specOf } from "../core/bench-supervisor.ts";

const startOf = (number: number, pool: string | null): SupervisorCommand => ({
  kind: "start",
  attempt: keyOf(number),
  spec: specOf({
    environment: { POOL: pool ?? "none" },
    timeLimitMs: number,
    hosted: pool === null ? null : { pool, order: `order ${number}` },
  }),
  stamp: 1,
  leaseMs: 60_000,
  authority: { epoch: epochOne, incarnation: 1 },
});

/** What arrives at the other end of a connection. */
function transfer(commands: readonly SupervisorCommand[]): readonly object[] {
  const compactor = new StartCompactor();
  const expander = new StartExpander();
  const text = commands.map((command) => compactor.encode(command)).join("");
  return new FrameReader().read(Buffer.from(text)).flatMap((value) => expander.expand(value) ?? []);
}

it("brings every command over as it was", () => {
  const commands: SupervisorCommand[] = [
    { kind: "stamp", stamp: 1 },
    startOf(1, "a"),
    startOf(2, null),
    startOf(3, "b"),
    startOf(4, "a"),
    { kind: "forget", attempts: [keyOf(1)] },
  ];
  expect(transfer(commands)).toEqual(commands);
});

it("says once what starts of a pool have in common, and shares it", () => {
  const compactor = new StartCompactor();
  expect(compactor.encode(startOf(1, "a"))).toContain("environment");
  expect(compactor.encode(startOf(2, "a"))).not.toContain("environment");
  const [first, second] = transfer([startOf(1, "a"), startOf(2, "a")]) as Start[];
  expect(second?.spec.environment).toBe(first?.spec.environment);
});

it("still brings over what it cannot remember", () => {
  const commands = Array.from({ length: 1_100 }, (_, index) => startOf(index + 1, `p${index}`));
  expect(transfer([...commands, ...commands])).toEqual([...commands, ...commands]);
});

it("refuses a start of a pool that was never said", () => {
  const compactor = new StartCompactor();
  compactor.encode(startOf(1, "a"));
  const [later] = new FrameReader().read(Buffer.from(compactor.encode(startOf(2, "a"))));
  expect(() => new StartExpander().expand(later!)).toThrow("never said");
});

type Start = Extract<SupervisorCommand, { kind: "start" }>;
