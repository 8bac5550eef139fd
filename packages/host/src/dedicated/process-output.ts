import type { ApplicationOutput } from "@aloha/sdk";

/** The process's own stdout and stderr, which are the application's. Writes to pipes are done when they return. */
export const processOutput: ApplicationOutput = {
  stdout: (text) => void process.stdout.write(text),
  stderr: (text) => void process.stderr.write(text),
  isProcessOutput: true,
};
