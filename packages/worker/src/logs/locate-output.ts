import { lstat, readdir } from "node:fs/promises";
import { join } from "node:path";
import { parseAttemptKey } from "@aloha/core";
import type { AttemptKey, OutputStream } from "@aloha/core";
import { errorCode } from "@aloha/runtime/node";
import {
  earlierOutput,
  isOutputFile,
  topAttempt,
} from "../work-directory/application-directory.ts";

export type LocatedOutput =
  | { readonly kind: "located"; readonly directory: string }
  /** There is no directory: an attempt that shares a host has none before it writes something. */
  | { readonly kind: "absent"; readonly directory: string; readonly message: string }
  | { readonly kind: "unavailable"; readonly message: string };

/**
 * The directory that holds the output of an attempt. An application can write into its own
 * directory, so nothing in it is followed: a link in the place of a file or directory that is
 * read is refused.
 */
export async function locateOutput(
  workPath: string,
  attempt: AttemptKey,
  stream: OutputStream,
): Promise<LocatedOutput> {
  const parts = parseAttemptKey(attempt);
  if (parts === undefined) return unavailable(`${attempt} names no attempt.`);
  const gone = `The output of attempt ${parts.number} of ${parts.appId} is not on this worker (any more): its work directory was removed, the attempt never began here, or it shared a host (isolation: shared) and wrote nothing.`;
  const application = join(workPath, parts.appId);
  const names = await namesIn(application);
  if (names === undefined) return { kind: "absent", directory: application, message: gone };
  if (names === "link") return unavailable(gone);
  const top = topAttempt(names);
  if (top < parts.number) return unavailable(gone);
  if (top === parts.number) return checked(application, names, stream);
  const directory = earlierOutput(application, parts.number);
  const earlier = await namesIn(directory);
  return earlier === undefined || earlier === "link"
    ? unavailable(gone)
    : checked(directory, earlier, stream);
}

async function checked(
  directory: string,
  names: readonly string[],
  stream: OutputStream,
): Promise<LocatedOutput> {
  for (const name of names) {
    if (!name.startsWith(stream) || !isOutputFile(name)) continue;
    const path = join(directory, name);
    if (!(await isPlainFile(path))) {
      return unavailable(
        `${path} is not a plain file: the application has replaced it, and it is not followed.`,
      );
    }
  }
  return { kind: "located", directory };
}

/** The names in a directory; undefined if there is none, `link` for anything else in its place, which is not followed. */
async function namesIn(path: string): Promise<readonly string[] | "link" | undefined> {
  try {
    return (await lstat(path)).isDirectory() ? await readdir(path) : "link";
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** A segment that was trimmed or compressed in the meantime is fine. */
async function isPlainFile(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    if (errorCode(error) === "ENOENT") return true;
    throw error;
  }
}

function unavailable(message: string): LocatedOutput {
  return { kind: "unavailable", message };
}
