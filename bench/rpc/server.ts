/** Answers questions and counts reports, as calls and, on a second port, as bare frames; says where on stdout. Ends when killed. */
import { createServer, type Socket } from "node:net";
import { silentLogger } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { RpcEnv, tcpTransport } from "@aloha/rpc";
import { bareFrame, frameBytes, FrameReader, frameKinds } from "./bare-frames.ts";
import { benchProtocol } from "./protocol.ts";

await main();

async function main(): Promise<void> {
  const runtime = {
    clock: systemClock(),
    timers: systemTimers,
    random: systemRandom,
    logger: silentLogger,
  };
  const env = await RpcEnv.start({
    name: "bench-server",
    runtime,
    transport: tcpTransport(),
    listen: { host: "127.0.0.1", port: 0 },
  });
  let reports = 0;
  const ref = env.register("bench", benchProtocol, {
    receive(message, context) {
      if (message.kind === "report") reports++;
      else if (message.kind === "question") context.reply({ seq: message.seq, state: "RUNNING" });
      else context.reply({ reports });
    },
  });
  const bare = createServer({ noDelay: true }, serveBareFrames);
  bare.listen(0, "127.0.0.1", () => {
    const bound = bare.address();
    const barePort = bound !== null && typeof bound === "object" ? bound.port : 0;
    process.stdout.write(`ready ${ref.url} ${barePort}\n`);
  });
}

function serveBareFrames(socket: Socket): void {
  const answer = bareFrame(frameKinds.answer, frameBytes.answer);
  let reports = 0;
  const reader = new FrameReader((kind) => {
    if (kind === frameKinds.report) reports++;
    else if (kind === frameKinds.question) socket.write(answer);
    else socket.write(bareFrame(frameKinds.answer, frameBytes.answer, reports));
  });
  socket.on("data", (chunk: Buffer) => {
    socket.cork();
    reader.take(chunk);
    socket.uncork();
  });
  socket.on("error", () => socket.destroy());
}
