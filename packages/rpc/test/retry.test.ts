import { expect, test } from "vitest";
import { memoryNetwork } from "@aloha/rpc";
import type { Endpoint, RpcEnv, RpcLimits, RpcRef } from "@aloha/rpc";
import { EchoEndpoint, echoProtocol, Envs, Simulation } from "./harness.ts";
import type { Echo } from "./harness.ts";

const limits = { triesMax: 3, retryDelayMs: 3_000, lookupTimeoutMs: 60_000, askTimeoutMs: 60_000 };

interface World {
  readonly simulation: Simulation;
  readonly network: ReturnType<typeof memoryNetwork>;
  readonly server: RpcEnv;
  readonly client: RpcEnv;
  readonly ref: RpcRef<Echo>;
  /** How often the endpoint was asked. */
  readonly asked: () => number;
  readonly end: () => Promise<void>;
}

/** An endpoint whose connections break under the first `breaks` questions. */
async function world(breaks: number, changes: Partial<RpcLimits> = {}): Promise<World> {
  const simulation = new Simulation();
  const network = memoryNetwork();
  const envs = new Envs();
  const { runtime } = simulation;
  let asked = 0;
  const endpoint: Endpoint<Echo> = {
    receive: (message, context) => {
      asked++;
      if (asked <= breaks) network.breakAll();
      else if (message.kind === "echo") context.reply({ text: message.text });
    },
  };
  const server = await envs.listen(network.transport(), { runtime });
  const own = server.register("echo", echoProtocol, endpoint);
  const client = await envs.start(network.transport(), {
    runtime,
    limits: { ...limits, ...changes },
  });
  return {
    simulation,
    network,
    server,
    client,
    ref: client.ref(own.url, echoProtocol),
    asked: () => asked,
    end: () => simulation.settle(envs.stopAll()),
  };
}

test("a question that may be repeated is asked again after a pause when its connection breaks, as often as allowed", async () => {
  const healing = await world(2);
  const startedMs = healing.simulation.time.monotonicMs();
  const answer = healing.ref.ask({ kind: "echo", text: "x" }, { retry: true });
  expect(await healing.simulation.settle(answer)).toEqual({ text: "x" });
  expect(healing.asked()).toBe(3);
  const passedMs = healing.simulation.time.monotonicMs() - startedMs;
  expect(passedMs).toBeGreaterThanOrEqual(2 * limits.retryDelayMs);
  expect(passedMs).toBeLessThan(2 * limits.retryDelayMs + 1_000);
  await healing.end();

  const broken = await world(3);
  const outcome = Promise.allSettled([broken.ref.ask({ kind: "echo", text: "" }, { retry: true })]);
  expect(await broken.simulation.settle(outcome)).toMatchObject([
    { reason: { code: "disconnected" } },
  ]);
  expect(broken.asked()).toBe(3);
  await broken.end();
});

test("a question that may not be repeated is asked once", async () => {
  const { simulation, ref, asked, end } = await world(1);
  const outcome = Promise.allSettled([ref.ask({ kind: "echo", text: "" })]);
  expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "disconnected" } }]);
  expect(asked()).toBe(1);
  await end();
});

test("all tries together take no longer than the question may", async () => {
  const { simulation, ref, end } = await world(1_000, { triesMax: 1_000 });
  const startedMs = simulation.time.monotonicMs();
  const outcome = Promise.allSettled([
    ref.ask({ kind: "echo", text: "" }, { retry: true, timeoutMs: 10_000 }),
  ]);
  expect(await simulation.settle(outcome)).toMatchObject([{ status: "rejected" }]);
  expect(simulation.time.monotonicMs() - startedMs).toBeLessThanOrEqual(10_100);
  await end();
});

test("whoever gives up during a pause is told at once", async () => {
  const { simulation, ref, asked, end } = await world(1);
  const giveUp = new AbortController();
  const outcome = Promise.allSettled([
    ref.ask({ kind: "echo", text: "" }, { retry: true, signal: giveUp.signal }),
  ]);
  while (asked() === 0) await simulation.pass(10);
  await simulation.pass(1_000);
  const gaveUpMs = simulation.time.monotonicMs();
  giveUp.abort();
  expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "aborted" } }]);
  expect(simulation.time.monotonicMs() - gaveUpMs).toBeLessThan(100);
  await end();
});

test("a refused connection is an answer, and not asked again", async () => {
  const { simulation, client, end } = await world(0);
  const startedMs = simulation.time.monotonicMs();
  const outcome = Promise.allSettled([client.lookup("aloha://echo@nobody:1", echoProtocol)]);
  expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "refused" } }]);
  expect(simulation.time.monotonicMs() - startedMs).toBeLessThan(1_000);
  await end();
});

test("a lookup finds what is there once the network carries again, within its time", async () => {
  const { simulation, network, server, client, end } = await world(0);
  const url = server.register("other", echoProtocol, new EchoEndpoint()).url;
  network.setSilent(true);
  const found = client.lookup(url, echoProtocol);
  await simulation.pass(6_000);
  network.setSilent(false);
  expect(await simulation.settle(found)).toMatchObject({ name: "other" });
  network.setSilent(true);
  network.breakAll();
  const startedMs = simulation.time.monotonicMs();
  const hasty = Promise.allSettled([client.lookup(url, echoProtocol, { timeoutMs: 2_000 })]);
  expect(await simulation.settle(hasty)).toMatchObject([{ status: "rejected" }]);
  expect(simulation.time.monotonicMs() - startedMs).toBeLessThanOrEqual(2_100);
  await end();
});

test("lookupTimeoutMs is the time of a lookup that names none", async () => {
  const { simulation, network, client, end } = await world(0, { lookupTimeoutMs: 700 });
  network.setSilent(true);
  const startedMs = simulation.time.monotonicMs();
  const outcome = Promise.allSettled([client.lookup("aloha://echo@far:1", echoProtocol)]);
  expect(await simulation.settle(outcome)).toMatchObject([{ reason: { code: "timeout" } }]);
  expect(simulation.time.monotonicMs() - startedMs).toBeLessThanOrEqual(800);
  await end();
});
