import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { AlohaError } from "@aloha/core";
import type { ProcessIdentity, Timers } from "@aloha/runtime";
import { errorCode, isRunning, processIdentity } from "@aloha/runtime/node";

const READY_PATIENCE_MS = 5_000;

/** Connects to the agent that listens there; null if there is none. */
export async function connectAgent(socketPath: string): Promise<Socket | null> {
  return new Promise((resolve, reject) => {
    const socket = connect(socketPath);
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
    socket.once("error", (error) => {
      const code = errorCode(error);
      if (code === "ENOENT" || code === "ECONNREFUSED") resolve(null);
      else reject(error);
    });
  });
}

/** The agent that was started last for this directory, if it still runs. */
export function runningAgent(directory: string): ProcessIdentity | null {
  try {
    const [pid, startTicks, bootId = ""] = readFileSync(identityPath(directory), "utf8").split(" ");
    const identity = { pid: Number(pid), startTicks: Number(startTicks), bootId };
    return isRunning(identity) ? identity : null;
  } catch {
    // There was none.
    return null;
  }
}

/** So that it can be ended even if it does not answer. */
function noteAgent(directory: string, pid: number): void {
  const identity = processIdentity(pid);
  if (identity === undefined) return;
  const text = `${identity.pid} ${identity.startTicks} ${identity.bootId}`;
  writeFileSync(identityPath(directory), text, { mode: 0o600 });
}

function identityPath(directory: string): string {
  return join(directory, "spawn-agent.pid");
}

export interface AgentLaunch {
  readonly binary: string;
  readonly socketPath: string;
  /** The supervisor's state directory, without which the agent ends, and all work with it. */
  readonly directory: string;
  /** Gets what the agent has to complain of. */
  readonly errorsPath: string;
  readonly timers: Timers;
}

/** Starts an agent that outlives this process, and connects to it. Rejects with AlohaError. */
export async function launchAgent(launch: AgentLaunch): Promise<Socket> {
  const { binary, socketPath, directory, errorsPath } = launch;
  const stderr = openSync(errorsPath, "a", 0o640);
  const child = spawn(binary, [socketPath, directory], {
    detached: true,
    cwd: "/",
    stdio: ["ignore", "pipe", stderr],
    env: { PATH: "/usr/bin:/bin" },
  });
  closeSync(stderr);
  await new Promise<void>((resolve, reject) => {
    const fail = (what: string): void => {
      patience.clear();
      child.kill("SIGKILL");
      reject(new AlohaError("internal", `The spawn agent ${what}; see ${errorsPath}.`));
    };
    const patience = launch.timers.after(READY_PATIENCE_MS, () =>
      fail(`was not ready within ${READY_PATIENCE_MS / 1000} s`),
    );
    child.once("error", (error) => fail(`could not be started: ${error.message}`));
    child.once("exit", (code, signal) => fail(`ended at once (${signal ?? `exit code ${code}`})`));
    child.stdout?.once("data", () => {
      patience.clear();
      resolve();
    });
  });
  child.removeAllListeners("exit");
  if (child.pid !== undefined) noteAgent(directory, child.pid);
  child.stdout?.destroy();
  child.unref();
  const socket = await connectAgent(socketPath);
  if (socket === null) throw new AlohaError("internal", `The spawn agent does not listen.`);
  return socket;
}
