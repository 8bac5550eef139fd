import type { RpcRef } from "@aloha/rpc";
import type { BenchProtocol } from "./protocol.ts";

const APP_ID = "app-20260101000000-000042";

/** Reports sent before the sender looks up; several such senders keep the line busy. */
export const BURST_LENGTH = 2_000;
export const SENDERS = 3;

/** Asks with `outstanding` under way at any time; gives asks a second. */
export async function askRate(
  ref: RpcRef<BenchProtocol>,
  outstanding: number,
  durationMs: number,
): Promise<number> {
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let count = 0;
  const asker = async (): Promise<void> => {
    while (performance.now() < endMs) {
      const answer = await ref.ask({ kind: "question", seq: count++, appId: APP_ID });
      if (answer.state !== "RUNNING") throw new Error(`A wrong answer: ${answer.state}`);
    }
  };
  await Promise.all(Array.from({ length: outstanding }, asker));
  return (count * 1000) / (performance.now() - startMs);
}

/** Sends in bursts with an ask behind each, so that no queue runs over; gives messages that arrived a second, and rejects if one was lost. */
export async function sendRate(ref: RpcRef<BenchProtocol>, durationMs: number): Promise<number> {
  const before = (await ref.ask({ kind: "count" })).reports;
  const startMs = performance.now();
  const endMs = startMs + durationMs;
  let seq = 0;
  const sender = async (): Promise<void> => {
    while (performance.now() < endMs) {
      for (let index = 0; index < BURST_LENGTH; index++) {
        ref.send({ kind: "report", seq: seq++, appId: APP_ID, state: "RUNNING" });
      }
      await ref.ask({ kind: "count" });
    }
  };
  await Promise.all(Array.from({ length: SENDERS }, sender));
  const arrived = (await ref.ask({ kind: "count" })).reports - before;
  if (arrived !== seq) throw new Error(`${seq - arrived} of ${seq} reports were lost`);
  return (arrived * 1000) / (performance.now() - startMs);
}
