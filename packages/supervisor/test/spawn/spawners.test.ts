import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { AgentLink } from "../../src/spawn/agent/agent-link.ts";
import { findAgentBinary } from "../../src/spawn/agent/build-agent.ts";
import { launchAgent } from "../../src/spawn/agent/launch-agent.ts";
import type { AgentPlace } from "../../src/spawn/agent/open-agent.ts";
import type { AgentChoice } from "../../src/spawn/choose-agent.ts";
import { afterAll, expect } from "vitest";
import type { SpawnerBench } from "./conformance/spawner-bench.ts";
import { spawnerConformance } from "./conformance/spawner-conformance.ts";
import { hostileSupervisor } from "./hostile-supervisor.ts";

const place = mkdtempSync(join(tmpdir(), "aloha-agent-"));
afterAll(() => rmSync(place, { recursive: true, force: true }));

spawnerConformance("the spawner in Node", async () => ({ kind: "none", reason: "it is tested" }));

const agent = await findAgentBinary(place);
// Without a C compiler there is nothing else to be tried out; the supervisor says so to whoever runs it.
if (agent.kind === "found") {
  spawnerConformance("the native agent", (where) => openWith(agent.path, where));
  const sanitized = compileSanitized();
  const openSanitized = (where: AgentPlace): Promise<AgentChoice> => openWith(sanitized, where);
  const isSound = ({ directory }: SpawnerBench): void =>
    expect(readFileSync(errorsPath(directory), "utf8")).not.toMatch(/Sanitizer|runtime error/);
  spawnerConformance("the native agent, watched by sanitizers", openSanitized, isSound);
  hostileSupervisor(sanitized);
}

async function openWith(binary: string, where: AgentPlace): Promise<AgentChoice> {
  const { runtime, directory, socketPath } = where;
  const { timers, logger } = runtime;
  const socket = await launchAgent({
    binary,
    socketPath,
    directory,
    errorsPath: errorsPath(directory),
    timers,
  });
  return { kind: "agent", link: await AgentLink.greet(socket, timers, logger) };
}

function errorsPath(directory: string): string {
  return join(directory, "spawn-agent.err");
}

function compileSanitized(): string {
  const sources = fileURLToPath(new URL("../../native/", import.meta.url));
  const inputs = readdirSync(sources).filter((name) => name.endsWith(".c"));
  const binary = join(place, "spawn-agent-sanitized");
  execFileSync("cc", [
    ...["-std=c11", "-Wall", "-Wextra", "-Werror", "-g", "-O1", "-fno-omit-frame-pointer"],
    ...["-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-o", binary],
    ...inputs.map((name) => join(sources, name)),
  ]);
  return binary;
}
