import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Daemon, type DaemonOptions } from "./daemon.ts";
import { processesNaming } from "./processes.ts";

/** A worker, and what it keeps in its work directory. */
export class WorkerProcess extends Daemon {
  readonly workDirectory: string;

  constructor(workDirectory: string, options: DaemonOptions) {
    super(options);
    this.workDirectory = workDirectory;
  }

  /** Known once it was started. */
  get workerId(): string {
    const id = this.workerIdIfKnown;
    if (id === undefined) throw new Error(`${this.name} has no identity yet`);
    return id;
  }

  get workerIdIfKnown(): string | undefined {
    return this.#identity()?.workerId;
  }

  get incarnation(): number | undefined {
    return this.#identity()?.incarnation;
  }

  /** The pid of its supervisor, which outlives it. */
  get supervisorPid(): number {
    const [supervisor] = processesNaming(join(this.workDirectory, ".aloha/supervisor"));
    if (supervisor === undefined) throw new Error(`${this.name} has no supervisor`);
    return supervisor.pid;
  }

  /** Its supervisor, and its spawn agent where there is one: work lives as long as one of them does. */
  get ownerPids(): readonly number[] {
    const owners = processesNaming(join(this.workDirectory, ".aloha/supervisor"));
    return owners.map(({ pid }) => pid);
  }

  #identity(): { readonly workerId: string; readonly incarnation: number } | undefined {
    try {
      return JSON.parse(readFileSync(join(this.workDirectory, ".aloha/identity.json"), "utf8")) as {
        readonly workerId: string;
        readonly incarnation: number;
      };
    } catch {
      // Not written yet.
      return undefined;
    }
  }
}
