/**
 * `spawn-rate.js DIRECTORY COUNT AT-ONCE COMMAND...`: runs a command so many times, each in a session and a directory
 * of its own with its output piped, and prints how many a second ended. Nothing is recorded, so that no
 * supervisor in Node can do better. A process of its own, since spawning from a large heap is slow.
 */
import { spawn } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

const [directory = "", count = "", atOnce = "", command = "", ...args] = process.argv.slice(2);
process.stdout.write(`rate ${await spawnRate(Number(count), Number(atOnce))}\n`);

async function spawnRate(total: number, concurrency: number): Promise<number> {
  let next = 0;
  const spawner = async (): Promise<void> => {
    while (next < total) await runOne(join(directory, String(next++)));
  };
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: concurrency }, spawner));
  return (total * 1000) / (performance.now() - startedMs);
}

function runOne(cwd: string): Promise<void> {
  mkdirSync(cwd);
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    child.stdout.resume();
    child.stderr.resume();
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ended with ${code}`));
    });
  });
}
