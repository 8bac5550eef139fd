/**
 * A recovery mode of one's own: everything is kept in memory, and made durable by a journal, a file to which every
 * commit is appended as a line of JSON. It shows what an engine has to do, in as few lines as possible; the journal is
 * never shortened, so that it suits small clusters.
 *
 *   aloha master -Daloha.deploy.recoveryMode=CUSTOM \
 *     -Daloha.deploy.recoveryMode.factory=./examples/recovery/journal-recovery.mjs \
 *     -Daloha.x.journal=/var/lib/aloha/journal
 */
import { open, readFile, truncate } from "node:fs/promises";
import { AlohaError, MemoryEngine } from "@aloha/master/recovery";
import { acquireFileLock } from "@aloha/runtime/node";

/** @implements {import("@aloha/master/recovery").RecoveryModeFactory} */
export class JournalRecovery {
  /** @param {import("@aloha/master/recovery").RecoveryModeContext} context */
  async createPersistenceEngine({ conf, address }) {
    const path = conf.get("aloha.x.journal");
    if (path === undefined)
      throw new AlohaError("invalid-argument", "Set aloha.x.journal to the path of a file.");
    return openJournal(path, address);
  }
}

/** Opens the journal at `path`, which is made if it is missing. One master has it at a time: the kernel frees the lock of a process that dies. */
export async function openJournal(path, address) {
  const result = await acquireFileLock(`${path}.lock`, { purpose: "aloha master", address });
  if (result.kind !== "acquired")
    throw new AlohaError("store-locked", `Another master has the journal: ${result.message}`);
  const { lock } = result;
  try {
    const memory = new MemoryEngine();
    for (const line of await readLines(path)) await replay(memory, JSON.parse(line));
    return new JournalEngine(memory, await open(path, "a", 0o600), lock);
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** @implements {import("@aloha/master/recovery").PersistenceEngine} */
class JournalEngine {
  durable = true;
  #memory;
  #file;
  #lock;
  #writing = Promise.resolve();
  #failure;

  constructor(memory, file, lock) {
    this.#memory = memory;
    this.#file = file;
    this.#lock = lock;
  }

  raiseEpoch(names) {
    return this.#write({ kind: "epoch", names });
  }

  commit(batch) {
    return this.#write({ kind: "batch", batch });
  }

  saveListenerPositions(positions) {
    return this.#write({ kind: "listeners", positions: [...positions] });
  }

  prune(nowMs, retention) {
    return this.#write({ kind: "prune", nowMs, retention });
  }

  removeEnded(appIds) {
    return this.#write({ kind: "remove", appIds });
  }

  // Reads see what is durable: memory changes only after the journal has.
  load = (cluster) => this.#memory.load(cluster);
  readApplication = (appId) => this.#memory.readApplication(appId);
  readWorker = (workerId) => this.#memory.readWorker(workerId);
  findRequest = (requestId) => this.#memory.findRequest(requestId);
  listApplications = (filter) => this.#memory.listApplications(filter);
  readEvents = (after, limit) => this.#memory.readEvents(after, limit);
  eventRange = () => this.#memory.eventRange();
  readListenerPositions = () => this.#memory.readListenerPositions();

  async close() {
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
    await this.#lock.release();
  }

  /** One after the other, in the order of the calls: a master does not wait for one commit before it begins the next. */
  #write(entry) {
    const written = this.#writing.then(async () => {
      // After a failure nobody knows what is in the file: nothing is written any more.
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await this.#file.appendFile(`${JSON.stringify(entry)}\n`);
        await this.#file.datasync();
      } catch (cause) {
        this.#failure = new AlohaError("store-failed", "The journal could not be written.", {
          cause,
        });
        throw this.#failure;
      }
      return replay(this.#memory, entry);
    });
    this.#writing = written.then(
      () => undefined,
      () => undefined,
    );
    return written;
  }
}

/** Does to memory what a line of the journal says. */
function replay(memory, entry) {
  switch (entry.kind) {
    case "epoch":
      return memory.raiseEpoch(entry.names);
    case "batch":
      return memory.commit(entry.batch);
    case "listeners":
      return memory.saveListenerPositions(new Map(entry.positions));
    case "prune":
      return memory.prune(entry.nowMs, entry.retention);
    case "remove":
      return memory.removeEnded(entry.appIds);
    default:
      throw new AlohaError(
        "incompatible",
        `The journal holds ${entry.kind}, which is not known here.`,
      );
  }
}

/** A line that a crash cut short was never promised to anybody: it is cut off. */
async function readLines(path) {
  const text = await readFile(path, "utf8").catch((error) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const end = text.lastIndexOf("\n") + 1;
  if (end < text.length) await truncate(path, Buffer.byteLength(text.slice(0, end)));
  return text.slice(0, end).split("\n").slice(0, -1);
}
