import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { AlohaError } from "@aloha/core/vocabulary";
import type { Role, TokenRecord } from "@aloha/master";

/** Where the secrets of a cluster lie on one host. Each file is readable by its owner alone. */
export interface SecurityFiles {
  readonly directory: string;
  /** What masters and workers prove to each other that they have. 64 hexadecimal digits. */
  readonly secret: string;
  /** The tokens that the master takes, hashed. */
  readonly tokens: string;
  /** The token of the administrator, for the command line on this host. */
  readonly adminToken: string;
}

const secretBytes = 32;
const tokenBytes = 32;
/** Says what a leaked text is, also to programs that look for such. */
const tokenPrefix = "aloha_";

export function securityFiles(directory: string): SecurityFiles {
  return {
    directory: resolve(directory),
    secret: join(directory, "secret"),
    tokens: join(directory, "tokens.json"),
    adminToken: join(directory, "admin.token"),
  };
}

/** The secret of this host, or undefined if there is none. Throws AlohaError if it cannot be used, or others can read it. */
export async function readSecret(files: SecurityFiles): Promise<Uint8Array | undefined> {
  const text = await readPrivate(files.secret);
  if (text === undefined) return undefined;
  const secret = Buffer.from(text.trim(), "hex");
  if (secret.length === secretBytes && text.trim().length === 2 * secretBytes) return secret;
  throw new AlohaError(
    "refused",
    `${files.secret} does not hold a secret (${2 * secretBytes} hexadecimal digits). Restore it, or copy that of another host of the cluster.`,
  );
}

/** The tokens that are known; none if there is no file. */
export async function readTokens(files: SecurityFiles): Promise<readonly TokenRecord[]> {
  const text = await readPrivate(files.tokens);
  if (text === undefined) return [];
  try {
    const value: unknown = JSON.parse(text);
    if (Array.isArray(value) && value.every(isTokenRecord)) return value;
  } catch {
    // Said below.
  }
  throw new AlohaError(
    "refused",
    `${files.tokens} does not hold a list of tokens ({name, role, sha256}). Restore it, or remove it and run \`aloha init\` again, which makes a new admin token.`,
  );
}

/** Makes what is missing: a secret, and an admin token. Says whether anything was. */
export async function createSecurity(files: SecurityFiles): Promise<{ readonly created: boolean }> {
  await mkdir(files.directory, { recursive: true, mode: 0o700 });
  await chmod(files.directory, 0o700);
  let created = false;
  if ((await readSecret(files)) === undefined) {
    await writePrivate(files.secret, `${randomBytes(secretBytes).toString("hex")}\n`);
    created = true;
  }
  if ((await readPrivate(files.tokens)) === undefined) {
    const token = tokenPrefix + randomBytes(tokenBytes).toString("base64url");
    // Of tokens that are gone: it opens nothing any more.
    await rm(files.adminToken, { force: true });
    await writePrivate(files.adminToken, `${token}\n`);
    await writePrivate(files.tokens, tokensText([recordOf("admin", "admin", token)]));
    created = true;
  }
  return { created };
}

/** Keeps the secret that a join token brought. Throws AlohaError if this host belongs to another cluster already. */
export async function keepSecret(files: SecurityFiles, secret: Uint8Array): Promise<void> {
  const known = await readSecret(files);
  if (known === undefined) {
    await mkdir(files.directory, { recursive: true, mode: 0o700 });
    await writePrivate(files.secret, `${Buffer.from(secret).toString("hex")}\n`);
    return;
  }
  if (Buffer.from(known).equals(secret)) return;
  throw new AlohaError(
    "refused",
    `This host has another cluster's secret (${files.secret}). Remove that file to leave that cluster, or set aloha.security.directory to another directory for this worker.`,
  );
}

function recordOf(name: string, role: Role, token: string): TokenRecord {
  return { name, role, sha256: createHash("sha256").update(token).digest("hex") };
}

function tokensText(records: readonly TokenRecord[]): string {
  return `${JSON.stringify(records, null, 2)}\n`;
}

function isTokenRecord(value: unknown): value is TokenRecord {
  return (
    typeof value === "object" &&
    value !== null &&
    "name" in value &&
    typeof value.name === "string" &&
    "role" in value &&
    (value.role === "viewer" ||
      value.role === "submitter" ||
      value.role === "operator" ||
      value.role === "admin") &&
    "sha256" in value &&
    typeof value.sha256 === "string" &&
    /^[0-9a-f]{64}$/.test(value.sha256)
  );
}

/** The text of a file that nobody else may read; undefined if there is none. */
async function readPrivate(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new AlohaError(
        "refused",
        `${path} can be read by others (mode ${(mode & 0o777).toString(8)}): whoever did knows the secret. \`chmod 600 ${path}\`, or better remove the files of ${path.slice(0, path.lastIndexOf("/"))} and run \`aloha init\` again.`,
      );
    }
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof AlohaError) throw error;
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlohaError("refused", `${path} cannot be read: ${reason}`, { cause: error });
  }
}

/** Made by one process only: where two begin at once, the second fails and finds it at its next start. */
async function writePrivate(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: "wx" });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new AlohaError("refused", `${path} cannot be written: ${reason}`, { cause: error });
  }
}
