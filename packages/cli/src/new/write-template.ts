import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AlohaError } from "@aloha/core";
import type { TemplateFile } from "./application-template.ts";

/** Writes files into a directory that is new or empty. Throws AlohaError (`conflict`) for one that is not: nothing is ever overwritten. */
export function writeTemplate(directory: string, files: readonly TemplateFile[]): void {
  mkdirSync(directory, { recursive: true });
  if (readdirSync(directory).length > 0) {
    throw new AlohaError(
      "conflict",
      `${directory} is not empty. Choose another name, or remove what is there.`,
    );
  }
  for (const { path, text } of files) {
    const target = join(directory, path);
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, text, { flag: "wx" });
  }
}
