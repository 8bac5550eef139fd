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
import { toAccount } from "../account/accounts.ts";
import type { HostAccount } from "../account/read-account.ts";
import { findMeans, type HostMeans } from "../find-means.ts";
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
  readonly means: HostMeans;
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
  /** Null: the worker's own. */
  readonly account: HostAccount | null;
  readonly openFilesMax: number | null;
}

type PoolAnswer = PoolFacts | Extract<SharedPreparation, { kind: "failed" }>;

/**
 * Prepares attempts that share hosts: one of the same code, environment and treatment is one pool. Such
 * an attempt costs no directory and no file unless it writes something.
 */
export class SharedHosts {
  readonly #options: SharedHostOptions;
  readonly #pools = new Map<string, { readonly answer: Promise<PoolAnswer>; untilMs: number }>();

  constructor(options: SharedHostOptions) {
    this.#options = options;
  }

  async prepare(
    attempt: AttemptKey,
    parts: AttemptParts,
    description: ApplicationDescription,
  ): Promise<SharedPreparation> {
    const facts = await this.#poolOf(attempt, parts, description);
    if (facts.kind === "failed") return facts;
    const { workPath, code, logs } = this.#options;
    const { modulePath, exportName, argv, environment, outputDirectory, pool, account } = facts;
    // The output of the attempt before has to make room; and another account could not make the directory itself.
    if (parts.number > 1 || account !== null)
      await claimApplicationDirectory(workPath, parts.appId, parts.number, account);
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
        workingDirectory: "/",
        outputDirectory,
        environment,
        openFilesMax: facts.openFilesMax,
        account: account === null ? null : toAccount(account),
        messagePath: null,
        hosted: { pool, order },
      },
    };
  }

  /** What is known, or being found out, of the pool that a description belongs to. */
  #poolOf(
    attempt: AttemptKey,
    parts: AttemptParts,
    description: ApplicationDescription,
  ): Promise<PoolAnswer> {
    const name = nameOf(description);
    const nowMs = this.#options.clock.monotonicMs();
    const known = this.#pools.get(name);
    if (known !== undefined && nowMs < known.untilMs) return known.answer;
    const answer = this.#look(attempt, parts, description);
    // All of it is found again when it is needed.
    if (this.#pools.size >= POOLS_MAX) this.#pools.clear();
    this.#pools.set(name, { answer, untilMs: nowMs + BELIEVED_MS });
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
    const means = await findMeans(description, this.#options);
    if (means.kind === "failed") return means;
    const { account, openFilesMax } = means;
    const surroundings = { ...this.#options, account };
    const resolved = commandEnvironment(attempt, parts, description, surroundings);
    if (resolved.kind === "missing") {
      return { kind: "failed", code: "environment", message: resolved.message };
    }
    const environment = { ...resolved.environment };
    for (const name of ownVariables) delete environment[name];
    const { namespace, onDisconnect } = description;
    const content = [found.path, environment, namespace, onDisconnect, account?.uid, openFilesMax];
    return {
      kind: "pool",
      modulePath: found.path,
      exportName: found.exportName,
      // Code that was replaced is another pool: a module that was loaded stays as it was.
      pool: digest([...content, found.version]),
      argv: [process.execPath, "--enable-source-maps", hostPrograms.shared],
      environment,
      outputDirectory: join(workPath, ".aloha", "hosts", digest(content)),
      account,
      openFilesMax,
    };
  }
}

/** What one attempt is told of itself, which others in its host must not take for theirs. */
const ownVariables = ["ALOHA_ATTEMPT", "ALOHA_APP_ID", "ALOHA_ATTEMPT_NUMBER", "ALOHA_APP_NAME"];

/** Everything of a description that says which pool it belongs to. */
function nameOf(description: ApplicationDescription): string {
  const { entryPoint, libs, environment, namespace, onDisconnect, user, openFilesMax } =
    description;
  return JSON.stringify([
    ...[entryPoint, libs, environment, namespace],
    ...[onDisconnect, user, openFilesMax],
  ]);
}

function digest(content: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(content)).digest("hex").slice(0, 16);
}
