import { writeFileSync } from "node:fs";
import { processOutput } from "./process-output.ts";

/** Leaves the last words of this attempt where the supervisor looks for them when it has ended. */
export function writeMessage(message: string): void {
  const path = process.env["ALOHA_MESSAGE_FILE"];
  if (path === undefined) return;
  try {
    writeFileSync(path, message, { mode: 0o640 });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    processOutput.stderr(`aloha: the message of the end cannot be written: ${reason}\n`);
  }
}
