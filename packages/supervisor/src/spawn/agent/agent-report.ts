import { AlohaError } from "@aloha/core";

/** What the agent says (native/news.c). */
export type AgentReport =
  | {
      readonly kind: "welcome";
      readonly protocol: number;
      readonly held: number;
      readonly pid: number;
    }
  | HeldReport
  | { readonly kind: "held-end" }
  | {
      readonly kind: "started";
      readonly id: number;
      readonly pid: number;
      readonly startTicks: number;
    }
  | StartFailedReport
  | ExitedReport
  | { readonly kind: "drained"; readonly id: number }
  | {
      readonly kind: "roll";
      readonly id: number;
      readonly stream: number;
      readonly sizeBytes: number;
    }
  | {
      readonly kind: "trouble";
      readonly id: number;
      readonly stream: number;
      readonly isDiskFull: boolean;
      readonly reason: string;
    }
  | { readonly kind: "pong" };

export interface HeldReport {
  readonly kind: "held";
  readonly id: number;
  readonly key: string;
  readonly memo: string;
  /** The directory of the cgroup that holds the tree; empty without. */
  readonly cgroup: string;
  /** 0 if it could not be started. */
  readonly pid: number;
  readonly startTicks: number;
  readonly startedWallMs: number;
  readonly startedBootMs: number;
  /** 0: none. */
  readonly fenceBootMs: number;
}

export interface StartFailedReport {
  readonly kind: "start-failed";
  readonly id: number;
  readonly step: number;
  readonly errno: number;
  readonly path: string;
  readonly reason: string;
}

export interface ExitedReport {
  readonly kind: "exited";
  readonly id: number;
  readonly exitCode: number | null;
  /** 0: none. */
  readonly signal: number;
  readonly isEmpty: boolean;
  /** Nobody made cgroups below its own. */
  readonly isPristine: boolean;
  /** The agent killed it because it was past its deadline. */
  readonly isFenced: boolean;
  /** All that it wrote is in its files. */
  readonly isDrained: boolean;
  /** Since its cgroup was made. */
  readonly oomKills: number;
}

const FRAME_BYTES_MAX = 1024 * 1024;
const LENGTH_BYTES = 4;
const NO_EXIT_CODE = 0xffff_ffff;

/** Cuts a byte stream into reports. */
export class AgentReportReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The reports that `chunk` completes. Throws AlohaError for what is none. */
  read(chunk: Buffer): readonly AgentReport[] {
    const bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    const reports: AgentReport[] = [];
    let at = 0;
    while (bytes.length - at >= LENGTH_BYTES) {
      const length = bytes.readUInt32LE(at);
      if (length > FRAME_BYTES_MAX)
        throw new AlohaError("limit-exceeded", `The spawn agent sent a frame of ${length} bytes.`);
      const end = at + LENGTH_BYTES + length;
      if (end > bytes.length) break;
      reports.push(decode(new Fields(bytes.subarray(at + LENGTH_BYTES, end))));
      at = end;
    }
    this.#rest = Buffer.from(bytes.subarray(at));
    return reports;
  }
}

/** Takes values off a frame; a frame that is too short throws the RangeError of Buffer. */
class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  u8(): number {
    return this.#bytes.readUInt8(this.#at++);
  }

  flag(): boolean {
    return this.u8() !== 0;
  }

  u32(): number {
    const value = this.#bytes.readUInt32LE(this.#at);
    this.#at += 4;
    return value;
  }

  u64(): number {
    const low = this.u32();
    return low + this.u32() * 2 ** 32;
  }

  text(): string {
    const length = this.u32();
    const text = this.#bytes.toString("utf8", this.#at, this.#at + length);
    this.#at += length;
    return text;
  }
}

function decode(fields: Fields): AgentReport {
  const code = fields.u8();
  const id = fields.u32();
  switch (code) {
    case 65:
      return { kind: "welcome", protocol: id, held: fields.u32(), pid: fields.u32() };
    case 66:
      return decodeHeld(id, fields);
    case 67:
      return { kind: "held-end" };
    case 68:
      return { kind: "started", id, pid: fields.u32(), startTicks: fields.u64() };
    case 69:
      return {
        kind: "start-failed",
        id,
        step: fields.u8(),
        errno: fields.u32(),
        path: fields.text(),
        reason: fields.text(),
      };
    case 70:
      return decodeExited(id, fields);
    case 71:
      return { kind: "drained", id };
    case 72:
      return {
        kind: "roll",
        id,
        stream: fields.u8(),
        sizeBytes: fields.u64(),
      };
    case 73:
      return {
        kind: "trouble",
        id,
        stream: fields.u8(),
        isDiskFull: fields.u8() === 1,
        reason: fields.text(),
      };
    case 74:
      return { kind: "pong" };
    default:
      throw new AlohaError("incompatible", `The spawn agent sent a report of kind ${code}.`);
  }
}

function decodeHeld(id: number, fields: Fields): HeldReport {
  return {
    kind: "held",
    id,
    key: fields.text(),
    memo: fields.text(),
    cgroup: fields.text(),
    pid: fields.u32(),
    startTicks: fields.u64(),
    startedWallMs: fields.u64(),
    startedBootMs: fields.u64(),
    fenceBootMs: fields.u64(),
  };
}

function decodeExited(id: number, fields: Fields): ExitedReport {
  const exitCode = fields.u32();
  return {
    kind: "exited",
    id,
    exitCode: exitCode === NO_EXIT_CODE ? null : exitCode,
    signal: fields.u32(),
    isEmpty: fields.flag(),
    isPristine: fields.flag(),
    isFenced: fields.flag(),
    isDrained: fields.flag(),
    oomKills: fields.u64(),
  };
}
