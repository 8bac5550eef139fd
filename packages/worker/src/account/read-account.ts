import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Account } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";

/** An account of this host, with what its processes are told of it. */
export interface HostAccount extends Account {
  readonly name: string;
  readonly home: string;
  readonly shell: string;
}

const run = promisify(execFile);
const lookUpTimeoutMs = 10_000;
const options = { timeout: lookUpTimeoutMs, env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin" } };

/** getent's exit status for a key that is in no database. */
const notFoundStatus = 2;

/**
 * Looks an account up by its name, in every database that the host knows (files, LDAP, ...);
 * undefined if there is none. Rejects when the host cannot tell. The name must not begin with a dash.
 */
export async function readAccount(name: string): Promise<HostAccount | undefined> {
  const entry = await passwdEntry(name);
  const [, , uid, gid, , home, shell] = entry?.split(":") ?? [];
  if (uid === undefined || gid === undefined) return undefined;
  const { stdout } = await run("id", ["-G", name], options);
  const groups = stdout.trim().split(/\s+/).map(Number);
  return {
    name,
    uid: Number(uid),
    gid: Number(gid),
    groups,
    home: home === undefined || home === "" ? "/" : home,
    shell: shell === undefined || shell === "" ? "/bin/sh" : shell,
  };
}

/** One line of passwd(5). Hosts without getent have files alone. */
async function passwdEntry(name: string): Promise<string | undefined> {
  try {
    const { stdout } = await run("getent", ["passwd", name], options);
    return firstNamed(stdout, name);
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === notFoundStatus) return undefined;
    if (errorCode(error) !== "ENOENT") throw error;
    return firstNamed(await readFile("/etc/passwd", "utf8"), name);
  }
}

/** A name of digits is looked up as a uid too: only the name counts. */
function firstNamed(text: string, name: string): string | undefined {
  return text.split("\n").find((line) => line.startsWith(`${name}:`));
}
