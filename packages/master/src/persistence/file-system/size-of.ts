import { stat } from "node:fs/promises";
import { errorCode } from "@aloha/runtime/node";

/** Bytes of a file; 0 if there is none. */
export async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (thrown) {
    if (errorCode(thrown) === "ENOENT") return 0;
    throw thrown;
  }
}
