import { networkLimitsFrom, resolveConfig, rpcConfigTable } from "@aloha/core";
import type { NetworkLimits } from "@aloha/core";
import { defineProtocol, memoryNetwork, RpcEnv, RpcError } from "@aloha/rpc";
import type { Exchange, MemoryNetwork, RpcRef } from "@aloha/rpc";
import { silentLogger } from "@aloha/runtime";
import type { Runtime } from "@aloha/runtime";
import { SeededRandom, SimulatedTime } from "@aloha/runtime/memory";
import { expect, test } from "vitest";

type Talk = {
  readonly say: Exchange<{ readonly kind: "say"; readonly text: string }, number>;
};

const protocol = defineProtocol<Talk>({ name: "talk", kinds: { say: {} } });

function limitsOf(settings: Readonly<Record<string, string>>): NetworkLimits {
  const entries = Object.entries(settings).map(([name, text]) => ({
    name,
    text,
    origin: { kind: "property" as const },
  }));
  const resolved = resolveConfig([rpcConfigTable], [{ entries }]);
  if (!resolved.ok) throw new Error(resolved.errors.map(({ message }) => message).join("; "));
  return networkLimitsFrom(resolved.config);
}

/** Two processes with these settings: one asks, and the other says how long the text was, or nothing if it is empty. */
class Pair implements AsyncDisposable {
  readonly network: MemoryNetwork = memoryNetwork();
  readonly time = new SimulatedTime();
  readonly #runtime: Runtime = {
    clock: this.time,
    timers: this.time,
    random: new SeededRandom(1),
    logger: silentLogger,
  };
  readonly #envs: RpcEnv[] = [];

  static async start(
    settings: Readonly<Record<string, string>>,
  ): Promise<Pair & { readonly ref: RpcRef<Talk> }> {
    const pair = new Pair();
    const limits = limitsOf(settings);
    const server = await pair.#add({ limits, listen: { host: "m", port: 0 } });
    const own = server.register("talk", protocol, {
      receive({ text }, context) {
        if (text.length > 0) context.reply(text.length);
      },
    });
    const client = await pair.#add({ limits });
    const ref = client.ref(own.url, protocol);
    return Object.assign(pair, { ref });
  }

  async #add(options: object): Promise<RpcEnv> {
    const env = await RpcEnv.start({
      name: "test",
      runtime: this.#runtime,
      transport: this.network.transport(),
      ...options,
    });
    this.#envs.push(env);
    return env;
  }

  /** What comes of it, and how long that takes. */
  async outcome(promise: Promise<unknown>): Promise<readonly [unknown, number]> {
    const beganMs = this.time.monotonicMs();
    let outcome: readonly [unknown, number] | undefined;
    const settle = (value: unknown): void => {
      const what = value instanceof RpcError ? value.code : value;
      outcome = [what, this.time.monotonicMs() - beganMs];
    };
    promise.then(settle, settle);
    while (outcome === undefined) {
      this.time.advance(10);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return outcome;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.outcome(Promise.all(this.#envs.map((env) => env.stop())));
  }
}

const say = (text: string): { readonly kind: "say"; readonly text: string } => ({
  kind: "say",
  text,
});

const between = (fromMs: number, toMs: number): unknown =>
  expect.toSatisfy((ms: number) => ms >= fromMs && ms <= toMs, `${fromMs} to ${toMs} ms`);

test("aloha.rpc.message.maxSize is the size of the largest message, one MiB unless it is set", async () => {
  const text = "x".repeat(1.5 * 1024 ** 2);
  await using small = await Pair.start({});
  expect(await small.outcome(small.ref.ask(say(text)))).toEqual(["too-large", between(0, 100)]);
  await using large = await Pair.start({ "aloha.rpc.message.maxSize": "2" });
  expect(await large.outcome(large.ref.ask(say(text)))).toEqual([text.length, between(0, 100)]);
});

test("as many of the largest messages may wait as of the ordinary ones", async () => {
  await using pair = await Pair.start({ "aloha.rpc.message.maxSize": "8m" });
  const texts = Array.from({ length: 3 }, () => "x".repeat(8_000_000));
  const answers = Promise.all(texts.map((text) => pair.ref.ask(say(text))));
  expect(await pair.outcome(answers)).toEqual([[8_000_000, 8_000_000, 8_000_000], between(0, 100)]);
});

test("aloha.rpc.askTimeout is the time of a question that names none, aloha.network.timeout if it is not set", async () => {
  await using own = await Pair.start({ "aloha.rpc.askTimeout": "2" });
  expect(await own.outcome(own.ref.ask(say("")))).toEqual(["timeout", between(2_000, 2_100)]);
  await using general = await Pair.start({ "aloha.network.timeout": "4s" });
  expect(await general.outcome(general.ref.ask(say("")))).toEqual([
    "timeout",
    between(4_000, 4_100),
  ]);
  expect(limitsOf({})).toMatchObject({ askTimeoutMs: 120_000, lookupTimeoutMs: 120_000 });
  expect(limitsOf({ "aloha.rpc.lookupTimeout": "5" })).toMatchObject({ lookupTimeoutMs: 5_000 });
});

test("aloha.network.timeout bounds how long a silent peer counts as there, and how long a connection may take", async () => {
  await using pair = await Pair.start({
    "aloha.network.timeout": "3s",
    "aloha.rpc.askTimeout": "1m",
  });
  expect(await pair.outcome(pair.ref.ask(say("x")))).toEqual([1, between(0, 100)]);
  pair.network.setSilent(true);
  expect(await pair.outcome(pair.ref.ask(say("")))).toEqual([
    "disconnected",
    between(2_000, 4_100),
  ]);
  expect(await pair.outcome(pair.ref.ask(say("")))).toEqual(["unreachable", between(0, 3_100)]);
});

test("aloha.rpc.numRetries and aloha.rpc.retry.wait say how often and after which pauses a question is repeated", async () => {
  await using pair = await Pair.start({
    "aloha.network.timeout": "1s",
    "aloha.rpc.askTimeout": "1m",
    "aloha.rpc.numRetries": "4",
    "aloha.rpc.retry.wait": "500ms",
  });
  pair.network.setSilent(true);
  const tries = 4;
  expect(await pair.outcome(pair.ref.ask(say("x"), { retry: true }))).toEqual([
    "unreachable",
    between(tries * 1_000 + (tries - 1) * 500 - 100, tries * 1_000 + (tries - 1) * 500 + 200),
  ]);
});
