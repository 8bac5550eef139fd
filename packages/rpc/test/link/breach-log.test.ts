import { expect, it } from "vitest";
import { silentLogger, type Clock, type Logger } from "@aloha/runtime";
import { BreachLog } from "../../src/link/breach-log.ts";

function start() {
  const said: unknown[] = [];
  const time = { nowMs: 0 };
  const clock: Clock = { bootMs: () => 0, wallMs: () => 0, monotonicMs: () => time.nowMs };
  const logger: Logger = { ...silentLogger, warn: (_message, fields) => void said.push(fields) };
  return { said, time, log: new BreachLog(logger, clock) };
}

it("complains of a host once a minute, whatever its port, and says how much it left out", () => {
  const { said, time, log } = start();
  for (let port = 1; port <= 100; port++) log.complain(`10.0.0.1:${port}`, "nonsense");
  log.complain("10.0.0.2:5", "nonsense");
  expect(said).toEqual([
    { peer: "10.0.0.1:1", problem: "nonsense" },
    { peer: "10.0.0.2:5", problem: "nonsense" },
  ]);
  time.nowMs = 60_000;
  log.complain("10.0.0.1:101", "nonsense");
  expect(said.at(-1)).toEqual({ peer: "10.0.0.1:101", problem: "nonsense", notSaidSince: 99 });
});

it("remembers a bounded number of hosts", () => {
  const { said, log } = start();
  for (let host = 0; host < 5_000; host++) log.complain(`host-${host}:1`, "nonsense");
  log.complain("host-4999:2", "nonsense");
  expect(said).toHaveLength(5_000);
});
