import { readdirSync, readlinkSync } from "node:fs";
import { errorCode } from "./error-code.ts";
import { listPids, readProcFile } from "./process-table.ts";

/** Who listens on a port. */
export interface PortOccupant {
  readonly pid: number;
  /** Its command line, arguments separated by blanks, cut to 200 characters. */
  readonly command: string;
}

/** TCP_LISTEN as /proc/net/tcp writes it. */
const STATE_LISTEN = "0A";

const COMMAND_LENGTH_MAX = 200;

/**
 * The process that listens on the TCP port, for messages such as "port 7077 is in use by
 * pid 12 (java ...)". Undefined if nobody does, if the process belongs to someone else, or
 * where there is no /proc.
 */
export function findPortOccupant(port: number): PortOccupant | undefined {
  const inodes = new Set(
    ["/proc/net/tcp", "/proc/net/tcp6"].flatMap((table) =>
      listeningInodes(readProcFile(table) ?? "", port),
    ),
  );
  if (inodes.size === 0) return undefined;
  const pid = listPids().find((candidate) => holdsSocket(candidate, inodes));
  return pid === undefined ? undefined : { pid, command: commandLine(pid) };
}

/** The socket inodes of the rows of /proc/net/tcp that listen on `port`. */
function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  return table
    .split("\n")
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[1]?.endsWith(suffix) === true && fields[3] === STATE_LISTEN)
    .flatMap((fields) => fields[9] ?? []);
}

function holdsSocket(pid: number, inodes: ReadonlySet<string>): boolean {
  return descriptorsOf(pid).some((descriptor) => {
    const target = readLink(`/proc/${pid}/fd/${descriptor}`);
    return target.startsWith("socket:[") && inodes.has(target.slice(8, -1));
  });
}

function descriptorsOf(pid: number): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`);
  } catch (error) {
    return goneOrForbidden(error, []);
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path);
  } catch (error) {
    return goneOrForbidden(error, "");
  }
}

/** `otherwise`, if the error says that the process has ended or is someone else's; else throws it. */
function goneOrForbidden<Value>(error: unknown, otherwise: Value): Value {
  const code = errorCode(error);
  if (code === "ENOENT" || code === "ESRCH" || code === "EACCES" || code === "EPERM") {
    return otherwise;
  }
  throw error;
}

function commandLine(pid: number): string {
  const text = readProcFile(`/proc/${pid}/cmdline`) ?? "";
  return text.replaceAll("\0", " ").trim().slice(0, COMMAND_LENGTH_MAX);
}
