import { createHash } from "node:crypto";
import { join } from "node:path";
import { completeLogPolicy } from "@aloha/core";
import type {
  ApplicationDescription,
  AttemptKey,
  AttemptParts,
  LogPolicy,
  PreparedCommand,
  PrepareFailure,
} from "@aloha/core";
import { encodeHostOrder, hostPrograms, resolveModule } from "@aloha/host";
import type { Clock } from "@aloha/runtime";
import { commandEnvironment, type WorkerEnvironment } from "../command-environment.ts";
import { claimApplicationDirectory } from "../work-directory/application-directory.ts";
import type { CodeSettings } from "./dedicated-host.ts";

/** What is found out about code is believed for this long: a bulk of applications asks the disk once. */
const BELIEVED_MS = 1_000;
const POOLS_MAX = 1_000;

export interface SharedHostOptions {
  readonly workPath: string;
  readonly workerId: string;
  readonly environment: WorkerEnvironment;
  readonly code: CodeSettings;
  /** For what a description leaves open. */
  readonly logs: LogPolicy;
  readonly clock: Clock;
}

export type SharedPreparation =
  | { readonly kind: "prepared"; readonly command: PreparedCommand }
  | { readonly kind: "failed"; readonly code: PrepareFailure; readonly message: string };

/** All that attempts of one pool have in common. */
interface PoolFacts {
  readonly kind: "pool";
  readonly modulePath: string;
  readonly exportName: string;
  readonly pool: string;
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly outputDirectory: string;
}

type PoolAnswer = PoolFacts | Extract<SharedPreparation, { kind: "failed" }>;

/**
 * Prepares attempts that share hosts: one of the same code, environment and treatment is one pool. Such
 * an attempt costs no directory and no file unless it writes something.
 */
export class SharedHosts {
  readonly #options: SharedHostOptions;
  readonly #pools = new Map<string, { readonly answer: PoolAnswer; readonly untilMs: number }>();

  constructor(options: SharedHostOptions) {
    this.#options = options;
  }

  async prepare(
    attempt: AttemptKey,
    parts: AttemptParts,
    description: ApplicationDescription,
  ): Promise<SharedPreparation> {
    const facts = this.#known(description) ?? (await this.#findOut(attempt, parts, description));
    if (facts.kind === "failed") return facts;
    const { workPath, code, logs } = this.#options;
    // The output of the attempt before has to make room.
    if (parts.number > 1) await claimApplicationDirectory(workPath, parts.appId, parts.number);
    const { modulePath, exportName, argv, environment, outputDirectory, pool } = facts;
    const order = encodeHostOrder({
      attempt,
      modulePath,
      exportName,
      applicationDir: join(workPath, parts.appId),
      description,
      logs: completeLogPolicy(description.logs, logs),
      conf: code.conf,
    });
    return {
      kind: "prepared",
      command: {
        argv,
        workingDirectory: workPath,
        outputDirectory,
        environment,
        openFilesMax: null,
        account: null,
        messagePath: null,
        hosted: { pool, order },
      },
    };
  }

  #known(description: ApplicationDescription): PoolAnswer | undefined {
    const known = this.#pools.get(nameOf(description));
    return known !== undefined && this.#options.clock.monotonicMs() < known.untilMs
      ? known.answer
      : undefined;
  }

  async #findOut(
    attempt: AttemptKey,
    parts: AttemptParts,
    description: ApplicationDescription,
  ): Promise<PoolAnswer> {
    const answer = await this.#look(attempt, parts, description);
    // All of it is found again when it is needed.
    if (this.#pools.size >= POOLS_MAX) this.#pools.clear();
    const untilMs = this.#options.clock.monotonicMs() + BELIEVED_MS;
    this.#pools.set(nameOf(description), { answer, untilMs });
    return answer;
  }

  async #look(
    attempt: AttemptKey,
    parts: AttemptParts,
    description: ApplicationDescription,
  ): Promise<PoolAnswer> {
    const { workPath, code } = this.#options;
    const { entryPoint, libs } = description;
    const found = await resolveModule({ entryPoint, libs, roots: code.roots });
    if (found.kind === "not-found") {
      return { kind: "failed", code: "unknown-entry-point", message: found.message };
    }
    const resolved = commandEnvironment(attempt, parts, description, this.#options);
    if (resolved.kind === "missing") {
      return { kind: "failed", code: "environment", message: resolved.message };
    }
    const environment = { ...resolved.environment };
    for (const name of ownVariables) delete environment[name];
    const content = [found.path, environment, description.namespace, description.onDisconnect];
    return {
      kind: "pool",
      modulePath: found.path,
      exportName: found.exportName,
      // Code that was replaced is another pool: a module that was loaded stays as it was.
      pool: digest([...content, found.version]),
      argv: [process.execPath, "--enable-source-maps", hostPrograms.shared],
      environment,
      outputDirectory: join(workPath, ".aloha", "hosts", digest(content)),
    };
  }
}

/** What one attempt is told of itself, which others in its host must not take for theirs. */
const ownVariables = ["ALOHA_ATTEMPT", "ALOHA_APP_ID", "ALOHA_ATTEMPT_NUMBER", "ALOHA_APP_NAME"];

/** Everything of a description that says which pool it belongs to. */
function nameOf(description: ApplicationDescription): string {
  const { entryPoint, libs, environment, namespace, onDisconnect } = description;
  return JSON.stringify([entryPoint, libs, environment, namespace, onDisconnect]);
}

function digest(content: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
