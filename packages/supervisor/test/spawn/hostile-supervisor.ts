import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLogger } from "@aloha/runtime";
import { createNodeRuntime, readProcess } from "@aloha/runtime/node";
import { AgentLink } from "../../src/spawn/agent/agent-link.ts";
import type { AgentReport } from "../../src/spawn/agent/agent-report.ts";
import { connectAgent, launchAgent } from "../../src/spawn/agent/launch-agent.ts";
import { agentCommand } from "../../src/spawn/agent/agent-command.ts";
import { FrameWriter } from "../../src/spawn/agent/frame-writer.ts";
import { expect, test } from "vitest";

/** Of a start of which the end is always missing. */
const CUT_ID = 1_000_000;

/** Sends bytes to an agent, as its newest supervisor, and waits until it has hung up. */
async function sendAndBeLeft(path: string, bytes: Buffer): Promise<void> {
  const socket: Socket = connect(path);
  socket.on("error", () => {});
  socket.resume();
  await new Promise<void>((resolve) => {
    socket.once("close", () => resolve());
    socket.end(bytes);
  });
}

function frame(write: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter();
  write(writer);
  return writer.take();
}

/** A start that does no harm if it is taken for one. */
function startFrame(
  id: number,
  directory: string,
  argv: readonly string[] = ["/bin/true"],
): Buffer {
  return frame((writer) =>
    agentCommand.spawn(writer, {
      id,
      key: `hostile/${id}`,
      memo: "{}",
      spec: {
        argv,
        workingDirectory: "/",
        environment: { ALOHA_ATTEMPT: `hostile/${id}` },
        outputDirectory: directory,
        logs: { segmentBytes: 1, rollEveryMs: null, keep: 1, compress: false },
        stop: { signal: "SIGTERM", graceMs: 0 },
        onDisconnect: "keep",
        timeLimitMs: null,
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: null,
        milliCores: 1,
        memoryMiB: 1,
      },
      mechanism: "group",
      cgroup: "",
      plan: { directories: [], settings: [], joinFiles: [], oomFile: null },
      isMade: false,
      fenceBootMs: null,
    }),
  );
}

/** Numbers that are the same in every run. */
function* numbers(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    yield state >>> 8;
  }
}

/** Whatever a supervisor sends that has lost its mind: the agent hangs up, and what it holds goes on. */
export function hostileSupervisor(binary: string): void {
  test("an agent hangs up on what is no command, and goes on with what it holds", async () => {
    const directory = mkdtempSync(join(tmpdir(), "aloha-hostile-"));
    const { timers } = createNodeRuntime({ logger: silentLogger });
    const socketPath = join(directory, "agent");
    const errorsPath = join(directory, "errors");
    try {
      const first = await launchAgent({ binary, socketPath, directory, errorsPath, timers });
      first.end(startFrame(1, directory, ["/bin/sleep", "300"]));
      for (const lie of liesOf(directory)) await sendAndBeLeft(socketPath, lie);
      const link = await AgentLink.greet(await connected(socketPath), timers, silentLogger);
      const { held, pid } = link;
      const sleeper = held.find(({ id }) => id === 1);
      expect(held.some(({ id }) => id === CUT_ID)).toBe(false);
      expect(sleeper).toMatchObject({ key: "hostile/1", memo: "{}" });
      expect(readProcess(sleeper?.pid ?? 0)).toMatchObject({ ppid: pid, command: "sleep" });
      const exited = new Promise<AgentReport>((resolve) => {
        link.begin({
          onReport: (report) => {
            if (report.kind === "exited" && report.id === 1) resolve(report);
          },
          onLost() {},
          onStopped() {},
        });
      });
      process.kill(pid, "SIGTERM");
      process.kill(sleeper?.pid ?? 0, "SIGKILL");
      expect(await exited).toMatchObject({ signal: 9, exitCode: null });
      await link.end();
      expect(readFileSync(errorsPath, "utf8")).not.toMatch(/Sanitizer|runtime error/);
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  });
}

async function connected(path: string): Promise<Socket> {
  const socket = await connectAgent(path);
  if (socket === null) throw new Error("The agent is gone.");
  return socket;
}

function liesOf(directory: string): readonly Buffer[] {
  const whole = startFrame(CUT_ID, directory);
  const random = numbers(7);
  const changed = Array.from({ length: 400 }, (_, index) => {
    const bytes = startFrame(2_000_000 + index, directory);
    // Not where the program or a path is said: this test must do no harm.
    bytes[9 + (random.next().value % 20)] = random.next().value & 0xff;
    return bytes;
  });
  return [
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
    Buffer.from([1, 0, 0, 0, 99]),
    Buffer.from([0, 0, 0, 0]),
    ...Array.from({ length: whole.length }, (_, length) => cut(whole, length)),
    ...changed,
  ];
}

/** The frame as if it were whole, of which the end is missing. */
function cut(whole: Buffer, length: number): Buffer {
  const bytes = Buffer.from(whole.subarray(0, Math.max(4, length)));
  bytes.writeUInt32LE(bytes.length - 4, 0);
  return bytes;
}
