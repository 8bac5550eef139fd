import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { endMessageBytesMax } from "@aloha/core";

const buffer = Buffer.allocUnsafeSlow(endMessageBytesMax);
const control = /[\p{Cc}\p{Cf}]+/gu;

/**
 * What an attempt has left in its message file, as one line; undefined if there is none. The file belongs to
 * the application, so it is not trusted: no link is followed, nothing but a plain file is read, and only its beginning.
 */
export function readEndMessage(path: string): string | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    // Nearly always: nothing was left.
    return undefined;
  }
  try {
    if (!fstatSync(fd).isFile()) return undefined;
    const text = textOf(buffer.subarray(0, readSync(fd, buffer, 0, endMessageBytesMax, 0)));
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  } finally {
    closeSync(fd);
  }
}

/** A character that the limit cuts in two, or that is none, is left out. */
function textOf(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes).replaceAll("\ufffd", "").replaceAll(control, " ").trim();
}
