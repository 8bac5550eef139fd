import { isAttemptKey } from "@aloha/core";
import { errorText, hostExitCodes } from "@aloha/sdk/hosting";
import { endForDefect, SharedHost } from "./shared-host.ts";
import { SupervisorLink } from "./supervisor-link.ts";

/** Thrown by process.exit() in an application, so that nothing after it runs. */
class ExitCalled extends Error {
  override readonly name = "ExitCalled";
}

/**
 * Makes this process a host: it runs what the supervisor at `socketPath` hands over, until it is told to
 * end by SIGTERM, or the supervisor is gone. `host` is its own name.
 */
export function runShared(socketPath: string, host: string): void {
  if (!isAttemptKey(host)) throw new Error("ALOHA_ATTEMPT does not name this host");
  const exit = process.exit.bind(process);
  const link = new SupervisorLink(socketPath, {
    onCommand: (command) => shared.obey(command),
    onLost(reason) {
      process.stderr.write(`aloha: the supervisor of this host is gone: ${reason}\n`);
      exit(hostExitCodes.defect);
    },
  });
  const shared = new SharedHost((report) => link.send(report));
  link.send({ kind: "hello", host });
  attributeOutput(shared);
  attributeDefects(shared, exit);
  attributeExits(shared, exit);
  process.on("SIGTERM", () => {
    shared.stopAll("The process that it shares is to end.", () => link.end(() => exit(0)));
  });
}

/** What an application writes by console.log or process.stdout becomes its own output. */
function attributeOutput(shared: SharedHost): void {
  for (const name of ["stdout", "stderr"] as const) {
    const stream = process[name];
    const write = stream.write.bind(stream);
    stream.write = (
      chunk: string | Uint8Array,
      encoding?: BufferEncoding | ((error?: Error | null) => void),
      callback?: (error?: Error | null) => void,
    ): boolean => {
      const session = shared.current;
      if (session === undefined) {
        return typeof encoding === "function"
          ? write(chunk, encoding)
          : write(chunk, encoding, callback);
      }
      const isText = typeof chunk === "string" && typeof encoding === "string";
      session.output[name](isText ? Buffer.from(chunk, encoding) : chunk);
      const done = typeof encoding === "function" ? encoding : callback;
      if (done !== undefined) process.nextTick(done, null);
      return true;
    };
  }
}

/** What nobody caught ends the application in which it was thrown; without one, it is the host's own end. */
function attributeDefects(shared: SharedHost, exit: (code: number) => never): void {
  const onDefect = (what: string) => (error: unknown) => {
    const session = shared.current;
    if (error instanceof ExitCalled && session !== undefined) return;
    if (session !== undefined) {
      endForDefect(session, what, error);
      return;
    }
    process.stderr.write(`aloha: ${what}, in none of the applications: ${errorText(error)}\n`);
    exit(hostExitCodes.defect);
  };
  process.on("uncaughtException", onDefect("an exception that nobody caught"));
  process.on("unhandledRejection", onDefect("a rejection that nobody handled"));
}

/** process.exit() ends the application that calls it, not the others. */
function attributeExits(shared: SharedHost, exit: (code?: number | string | null) => never): void {
  process.exit = (code) => {
    const session = shared.current;
    if (session === undefined) return exit(code);
    const exitCode = Number(code ?? process.exitCode ?? 0) & 255;
    const message = `process.exit(${exitCode}) was called before start() ended`;
    session.run.end({ exitCode, message });
    throw new ExitCalled(message);
  };
}
