import { describe, expect, it } from "vitest";
import { Network } from "../../src/world/network.ts";
import type { AskOutcome } from "../../src/world/network.ts";
import type { SimulatedProcess } from "../../src/world/simulated-process.ts";
import type { World } from "../../src/world/world.ts";
import { createTestWorld } from "./test-world.ts";

interface Scene {
  readonly world: World;
  readonly network: Network<string, string>;
  readonly client: SimulatedProcess;
  readonly server: SimulatedProcess;
  readonly heard: string[];
  readonly abandoned: string[];
  readonly ask: (message: string) => AskOutcome<string>[];
}

/** `other` answers everything but `hold`. */
function createScene(seed = 1): Scene {
  const { world, host, other } = createTestWorld(seed);
  const network = new Network<string, string>(world);
  network.addAddress("other:1", other);
  const client = host.startProcess("client");
  const server = other.startProcess("server");
  const heard: string[] = [];
  const abandoned: string[] = [];
  network.listen("other:1", server, (message, call) => {
    heard.push(message);
    call.onAbandoned = () => abandoned.push(message);
    if (message !== "hold") call.answer(`${message}!`);
  });
  const ask = (message: string): AskOutcome<string>[] => {
    const outcomes: AskOutcome<string>[] = [];
    network.ask(client, "other:1", message, 5_000, (outcome) => outcomes.push(outcome));
    return outcomes;
  };
  return { world, network, client, server, heard, abandoned, ask };
}

describe("the network", () => {
  it("keeps the order of one connection and gives each ask one answer, whatever is copied", async () => {
    const { world, network, heard, ask } = createScene();
    network.weather = {
      dropProbability: 0,
      duplicateProbability: 1,
      delayMs: { min: 0, max: 500 },
    };
    const outcomes = ["a", "b", "c"].map(ask);
    await world.run(20_000);
    expect(heard.length).toBe(6);
    expect([...new Set(heard)]).toEqual(["a", "b", "c"]);
    expect(outcomes).toEqual(["a!", "b!", "c!"].map((answer) => [{ kind: "answered", answer }]));
  });

  it("lets an ask run out of time, and tells whoever still holds it", async () => {
    const { world, abandoned, ask } = createScene();
    const outcomes = ask("hold");
    await world.run(10_000);
    expect(outcomes).toEqual([{ kind: "failed", reason: "timeout" }]);
    expect(abandoned).toEqual(["hold"]);
  });

  it("refuses for a host without a listener, and is silent for one that is down", async () => {
    const { world, server, ask } = createScene();
    server.kill();
    const refused = ask("a");
    await world.run(1_000);
    expect(refused).toEqual([{ kind: "failed", reason: "refused" }]);
    server.host.goDown();
    const silent = ask("a");
    await world.run(10_000);
    expect(silent).toEqual([{ kind: "failed", reason: "timeout" }]);
  });

  it("lets nothing pass in a direction that is cut, until it is healed", async () => {
    const { world, network, heard, ask } = createScene();
    const heal = network.cut("other", "host");
    const outcomes = ask("a");
    await world.run(10_000);
    expect(heard).toEqual(["a"]);
    expect(outcomes).toEqual([{ kind: "failed", reason: "timeout" }]);
    heal();
    const healed = ask("b");
    await world.run(20_000);
    expect(healed).toEqual([{ kind: "answered", answer: "b!" }]);
  });

  it("fails what is under way on a connection that is reset, and lets go of it at the other end", async () => {
    const { world, network, abandoned, ask } = createScene();
    const outcomes = ask("hold");
    await world.run(1_000);
    network.reset("host");
    await world.run(2_000);
    expect(outcomes).toEqual([{ kind: "failed", reason: "disconnected" }]);
    expect(abandoned).toEqual(["hold"]);
  });
});
