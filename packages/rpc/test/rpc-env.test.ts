import { silentLogger } from "@aloha/runtime";
import type { Runtime } from "@aloha/runtime";
import { systemClock, systemRandom, systemTimers } from "@aloha/runtime/node";
import { afterEach, describe, expect, it } from "vitest";
import { defineProtocol, memoryNetwork, RpcEnv, tcpTransport } from "@aloha/rpc";
import type { Exchange, RpcEnvOptions, Transport } from "@aloha/rpc";

type Echo = {
  readonly echo: Exchange<{ readonly kind: "echo"; readonly text: string }, { readonly text: string }>;
  readonly note: Exchange<{ readonly kind: "note"; readonly text: string }>;
};
const echo = defineProtocol<Echo>({ name: "echo", kinds: { echo: {}, note: {} } });
const runtime: Runtime = { clock: systemClock(), timers: systemTimers, random: systemRandom, logger: silentLogger };
const envs: RpcEnv[] = [];
async function start(transport: Transport, options: Partial<RpcEnvOptions> = {}): Promise<RpcEnv> {
  const env = await RpcEnv.start({ name: "test", runtime, transport, ...options });
  envs.push(env);
  return env;
}
afterEach(async () => {
  await Promise.all(envs.splice(0).map((env) => env.stop()));
});
const network = memoryNetwork();
describe.each([
  ["tcp", () => tcpTransport()],
  ["memory", () => network.transport()],
])("an environment over %s", (_name, transport) => {
  it("answers what is asked", async () => {
    const server = await start(transport(), { listen: { host: "127.0.0.1", port: 0 } });
    const notes: string[] = [];
    const own = server.register("echo", echo, {
      receive(message, context) {
        if (message.kind === "echo") context.reply({ text: message.text });
        else notes.push(message.text);
      },
    });
    const client = await start(transport());
    const ref = await client.lookup(own.url, echo);
    ref.send({ kind: "note", text: "a" });
    expect(await ref.ask({ kind: "echo", text: "hello" })).toEqual({ text: "hello" });
    expect(notes).toEqual(["a"]);
    expect(await own.ask({ kind: "echo", text: "self" })).toEqual({ text: "self" });
    await expect(client.lookup(own.url.replace("echo", "other"), echo)).rejects.toMatchObject({
      code: "no-such-endpoint",
      message: expect.stringContaining("it has echo"),
    });
  });
});
