import type { AttemptKey, LogReply, ReadLog } from "@aloha/core";
import type { Endpoint } from "@aloha/rpc";
import type { Clock, Logger, Timers } from "@aloha/runtime";
import type { WorkerProtocol } from "../protocols.ts";
import { locateOutput } from "./locate-output.ts";
import { readChunk } from "./read-chunk.ts";

export interface LogEndpointOptions {
  readonly workPath: string;
  readonly timers: Timers;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether the output of the attempt may still grow. */
  readonly isLive: (attempt: AttemptKey) => boolean;
}

/** Reads that may be under way, waiting ones included; each follower has one. */
const readsMax = 256;

/** How often output is looked at while a reader waits for more of it: at first often, since what follows soon is short and watched. */
const pollMinMs = 15;
const pollMaxMs = 150;
const pollGrowth = 1.5;

/** The endpoint `worker`: masters read the output of attempts here. */
export function logEndpoint(options: LogEndpointOptions): Endpoint<WorkerProtocol> {
  let reading = 0;
  return {
    receive(message, context) {
      if (reading >= readsMax) {
        const text = `The worker serves ${readsMax} readers of output, its limit. Try again later.`;
        context.fail({ code: "limit-exceeded", message: text });
        return;
      }
      reading++;
      read(message, options, context.signal)
        .then(
          (reply) => context.reply(reply),
          (error: unknown) => {
            options.logger.warn("Output could not be read", { attempt: message.attempt, error });
            const text = error instanceof Error ? error.message : String(error);
            context.fail({ code: "internal", message: `The output could not be read: ${text}` });
          },
        )
        .finally(() => {
          reading--;
        });
    },
    onError: (error) => options.logger.error("The worker's endpoint failed", { error }),
  };
}

/** Answers with what there is, or waits for the first new byte, the end of the attempt, or `waitMs`. */
async function read(
  message: ReadLog,
  { workPath, timers, clock, isLive }: LogEndpointOptions,
  signal: AbortSignal,
): Promise<LogReply> {
  const untilMs = clock.monotonicMs() + message.waitMs;
  for (let pollMs = pollMinMs; ; pollMs = Math.min(pollMs * pollGrowth, pollMaxMs)) {
    // Asked before the files are looked at: what ends in between is seen in the next round.
    const live = isLive(message.attempt);
    const located = await locateOutput(workPath, message.attempt, message.stream);
    if (located.kind === "unavailable" || (located.kind === "absent" && !live))
      return { kind: "log-unavailable", message: located.message };
    const chunk = await readChunk(located.directory, message, live);
    const waits = chunk.bytes.length === 0 && !chunk.complete;
    const leftMs = untilMs - clock.monotonicMs();
    if (!waits || leftMs <= 0 || signal.aborted) return chunk;
    await new Promise<void>((resolve) => timers.after(Math.min(pollMs, leftMs), resolve));
  }
}
