import { constants, lchown, lstat, mkdir, open, readdir, rename } from "node:fs/promises";
import { join } from "node:path";
import type { Account } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";

/**
 * The attempt whose output lies at the top level says so by an empty file of this name: a name
 * cannot be half written. The first attempt needs none, which spares most applications a file.
 */
const markerPrefix = ".attempt-";

/**
 * Makes the directory of an application for its attempt `number`: working directory and place
 * of its output. The output of an earlier attempt moves to `attempt-<n>/` first. May be
 * repeated after a crash at any point. `owner` gets the directory; null: this process.
 */
export async function claimApplicationDirectory(
  workPath: string,
  appId: string,
  number: number,
  owner: Pick<Account, "uid" | "gid"> | null = null,
): Promise<string> {
  const directory = join(workPath, appId);
  const isNew = await makeDirectory(directory);
  if (owner !== null) await lchown(directory, owner.uid, owner.gid);
  const names = isNew ? [] : await readdir(directory);
  const top = topAttempt(names);
  if (top === number) return directory;
  if (top < number) await moveOutput(directory, names, top);
  await mark(directory, number);
  return directory;
}

/** Which attempt's output lies at the top level of an application's directory, or will. */
export function topAttempt(names: readonly string[]): number {
  let top = 1;
  for (const name of names) {
    if (!name.startsWith(markerPrefix)) continue;
    const number = Number(name.slice(markerPrefix.length));
    if (Number.isSafeInteger(number) && number > top) top = number;
  }
  return top;
}

/** Where the output of an attempt lies that is not the latest one here. */
export function earlierOutput(directory: string, number: number): string {
  return join(directory, `attempt-${number}`);
}

/** Whether `name` is a file that the supervisor writes output to: the active one or a rolled segment. */
export function isOutputFile(name: string): boolean {
  return /^(stdout|stderr)(\.\d{15}(\.gz)?)?$/.test(name);
}

async function makeDirectory(path: string): Promise<boolean> {
  try {
    await mkdir(path, { mode: 0o750 });
    return true;
  } catch (error) {
    if (errorCode(error) !== "EEXIST") throw error;
    // An application may put anything into its own directory: a link in this place is not followed.
    if (!(await lstat(path)).isDirectory()) throw error;
    return false;
  }
}

async function moveOutput(
  directory: string,
  names: readonly string[],
  number: number,
): Promise<void> {
  const output = names.filter(isOutputFile);
  if (output.length === 0) return;
  const target = earlierOutput(directory, number);
  await makeDirectory(target);
  for (const name of output) await rename(join(directory, name), join(target, name));
}

async function mark(directory: string, number: number): Promise<void> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_NOFOLLOW;
  const file = await open(join(directory, `${markerPrefix}${number}`), flags, 0o640);
  await file.close();
}
