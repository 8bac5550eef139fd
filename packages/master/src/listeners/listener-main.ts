/**
 * The process of one listener. Whatever the listener does to it (an endless loop, too much memory, `process.exit`, an
 * error that nobody catches) ends or delays this process alone; its master watches it from outside.
 */
import { writeFileSync } from "node:fs";
import { constants, setPriority } from "node:os";
import { Worker } from "node:worker_threads";
import { toAlohaError } from "@aloha/core/vocabulary";
import { systemClock, systemTimers } from "@aloha/runtime/node";
import { AlohaConf, type AlohaEventListener, type ListenerStart } from "@aloha/sdk";
import { importModule } from "../modules/import-module.ts";
import type { ModuleReference } from "../modules/module-reference.ts";
import { pickExport } from "../modules/pick-export.ts";
import { makeListener, notAListener, wantedListener } from "./listener-fit.ts";
import { isCount, type FromListener, type ToListener } from "./listener-protocol.ts";
import { describe, ListenerRunner } from "./listener-runner.ts";

const masterPid = Number(process.argv[2]);
const memoryBytesMax = Number(process.argv[3]);

/** What was loaded, and what runs. */
let loaded: { readonly exported: unknown; readonly reference: ModuleReference } | undefined;
let runner: ListenerRunner | undefined;

const send = takeChannel();
yieldToTheMaster();
process.on("message", (message: ToListener) => {
  void obey(message);
});

/** The channel is the master's: what a listener sends by mistake must not get into it. */
function takeChannel(): (message: FromListener, sent?: () => void) => void {
  const parent = process.send?.bind(process);
  if (parent === undefined) throw new Error("This program is started by a master.");
  delete process.send;
  // A terminal and a service manager signal all processes: how this one ends is the master's to say.
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
    process.on(signal, () => undefined);
  process.on("disconnect", () => process.exit(0));
  return (message, sent) => void parent(message, undefined, undefined, sent);
}

function yieldToTheMaster(): void {
  setPriority(constants.priority.PRIORITY_BELOW_NORMAL);
  try {
    // If the host runs out of memory, this process goes before its master.
    writeFileSync("/proc/self/oom_score_adj", "1000");
  } catch {
    // Not Linux, or not allowed: then the kernel chooses.
  }
  const watchdog = new Worker(new URL("./listener-watchdog-main.js", import.meta.url), {
    workerData: { masterPid, memoryBytesMax },
    execArgv: [],
    resourceLimits: { maxOldGenerationSizeMb: 16, maxYoungGenerationSizeMb: 2 },
  });
  watchdog.unref();
}

async function obey(message: ToListener): Promise<void> {
  switch (message.kind) {
    case "load":
      try {
        const module = await importModule(message.reference, message.directories);
        const exported = pickExport(module, message.reference, wantedListener);
        loaded = { exported, reference: message.reference };
        send({ kind: "loaded" });
      } catch (thrown) {
        send({ kind: "refused", message: toAlohaError(thrown).message });
      }
      return;
    case "begin":
      try {
        await begin(message);
      } catch (thrown) {
        send({ kind: "failed", message: describe(thrown) });
      }
      return;
    case "deliver":
      runner?.deliver(message.items);
      return;
    case "ping":
      send({ kind: "pong" });
      return;
    case "close":
      await runner?.close().catch((thrown: unknown) => {
        process.stderr.write(`close() failed: ${describe(thrown)}\n`);
      });
      // What was said before goes out first.
      send({ kind: "pong" }, () => process.exit(0));
  }
}

async function begin(message: Extract<ToListener, { kind: "begin" }>): Promise<void> {
  if (loaded === undefined) throw new Error("Nothing was loaded.");
  const { settings, ...rest } = message.start;
  const start: ListenerStart = { ...rest, conf: new AlohaConf(settings) };
  const listener = makeListener(loaded.exported, start);
  if (listener === null) {
    send({ kind: "refused", message: notAListener(loaded.reference.text) });
    return;
  }
  runner = new ListenerRunner({ listener, send, clock: systemClock(), timers: systemTimers });
  send({ kind: "begun", resumeAfter: await askWhereToResume(listener, start) });
}

async function askWhereToResume(
  listener: AlohaEventListener,
  start: ListenerStart,
): Promise<number | null> {
  const answer: unknown = (await listener.resumeAfter?.(start)) ?? null;
  if (answer === null || isCount(answer)) return answer;
  throw new TypeError(
    `resumeAfter gave ${JSON.stringify(answer)}, which is not a sequence: return a whole number from 0 on, or null.`,
  );
}
