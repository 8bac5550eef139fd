import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { bareFrame, frameBytes, FrameReader, frameKinds, writeFrames } from "./bare-frames.ts";
import { BURST_LENGTH, SENDERS } from "./load.ts";

/** Questions and answers as bare frames, `outstanding` under way at any time; gives answers a second. */
export async function bareAskRate(
  port: number,
  outstanding: number,
  durationMs: number,
): Promise<number> {
  const question = bareFrame(frameKinds.question, frameBytes.question);
  const startMs = performance.now();
  let answers = 0;
  await exchange(port, (socket, done) => {
    let inChunk = 0;
    const reader = new FrameReader(() => inChunk++);
    socket.on("data", (chunk: Buffer) => {
      inChunk = 0;
      reader.take(chunk);
      answers += inChunk;
      if (performance.now() >= startMs + durationMs) done();
      else if (inChunk > 0) writeFrames(socket, question, inChunk);
    });
    writeFrames(socket, question, outstanding);
  });
  return (answers * 1000) / (performance.now() - startMs);
}

/** Reports as bare frames, in bursts with a question for the count behind each; gives reports a second. */
export async function bareSendRate(port: number, durationMs: number): Promise<number> {
  const report = bareFrame(frameKinds.report, frameBytes.report);
  const askCount = bareFrame(frameKinds.count, frameBytes.answer);
  const startMs = performance.now();
  let arrived = 0;
  await exchange(port, (socket, done) => {
    const sendBurst = (): void => {
      writeFrames(socket, report, BURST_LENGTH);
      writeFrames(socket, askCount, 1);
    };
    const reader = new FrameReader((_kind, count) => {
      arrived = count;
      if (performance.now() >= startMs + durationMs) done();
      else sendBurst();
    });
    socket.on("data", (chunk: Buffer) => reader.take(chunk));
    for (let sender = 0; sender < SENDERS; sender++) sendBurst();
  });
  return (arrived * 1000) / (performance.now() - startMs);
}

/** One connection for one load; `load` calls its second argument when it has enough. */
async function exchange(
  port: number,
  load: (socket: Socket, done: () => void) => void,
): Promise<void> {
  const socket = connect({ host: "127.0.0.1", port, noDelay: true });
  await once(socket, "connect");
  await new Promise<void>((resolve, reject) => {
    socket.once("error", reject);
    load(socket, resolve);
  });
  socket.destroy();
}
