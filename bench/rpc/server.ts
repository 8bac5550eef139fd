/** Answers questions and counts reports, and echoes bare bytes on a second port; says where on stdout. Ends when killed. */
import { createServer } from "node:net";
import { silentLogger } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { RpcEnv, tcpTransport } from "@aloha/rpc";
import { benchProtocol } from "./protocol.ts";

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
  const echo = createServer({ noDelay: true }, (socket) => socket.pipe(socket));
  echo.listen(0, "127.0.0.1", () => {
    const bound = echo.address();
    const echoPort = bound !== null && typeof bound === "object" ? bound.port : 0;
    process.stdout.write(`ready ${ref.url} ${echoPort}\n`);
  });
}

await main();
