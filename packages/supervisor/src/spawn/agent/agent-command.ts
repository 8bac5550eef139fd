import type { StartSpec } from "@aloha/core";
import type { CgroupPlan } from "../../containment/resource-limits.ts";
import type { FrameWriter } from "./frame-writer.ts";

/** The first byte of each frame to the agent (native/commands.c). */
const codes = {
  ping: 1,
  spawn: 2,
  release: 3,
  deadlines: 4,
  drain: 5,
  goOn: 6,
  roll: 7,
  removeCgroup: 8,
  end: 9,
};

/** As the agent numbers them. */
export const containmentCodes = { group: 0, cgroup2: 1, freezer: 2 } as const;

export interface AgentSpawn {
  readonly id: number;
  readonly key: string;
  /** Given back to whoever takes over. */
  readonly memo: string;
  readonly spec: StartSpec;
  readonly mechanism: keyof typeof containmentCodes;
  /** The cgroup that holds the tree; empty without. */
  readonly cgroup: string;
  readonly plan: CgroupPlan;
  /** Whether what is planned is there already, from an attempt before. */
  readonly isMade: boolean;
  readonly fenceBootMs: number | null;
}

/** What can be told to an agent; each writes one frame. */
export const agentCommand = {
  ping: (writer: FrameWriter): void => writer.block(() => writer.u8(codes.ping)),

  spawn(writer: FrameWriter, start: AgentSpawn): void {
    const { spec, plan } = start;
    writer.block(() => {
      writer.u8(codes.spawn);
      writer.u32(start.id);
      writer.block(() => writeKept(writer, start));
      writer.texts(spec.argv);
      writer.texts(Object.entries(spec.environment).map(([name, value]) => `${name}=${value}`));
      writer.text(spec.workingDirectory);
      writer.texts(start.isMade ? [] : plan.settings.flat());
      writer.texts(plan.joinFiles);
      writer.u64(spec.openFilesMax ?? 0);
      writer.u8(spec.account === null ? 0 : 1);
      writer.u32(spec.account?.uid ?? 0);
      writer.u32(spec.account?.gid ?? 0);
      const groups = spec.account?.groups ?? [];
      writer.u32(groups.length);
      for (const group of groups) writer.u32(group);
    });
  },

  release: (writer: FrameWriter, id: number, removesCgroups: boolean): void =>
    writer.block(() => {
      writer.u8(codes.release);
      writer.u32(id);
      writer.u8(removesCgroups ? 1 : 0);
    }),

  deadlines: (writer: FrameWriter, fences: readonly (readonly [number, number])[]): void =>
    writer.block(() => {
      writer.u8(codes.deadlines);
      writer.u32(fences.length);
      for (const [id, fenceBootMs] of fences) {
        writer.u32(id);
        writer.u64(Math.ceil(fenceBootMs));
      }
    }),

  drain: (writer: FrameWriter, id: number, patienceMs: number): void =>
    writer.block(() => {
      writer.u8(codes.drain);
      writer.u32(id);
      writer.u32(patienceMs);
    }),

  goOn: (writer: FrameWriter, id: number, stream: number, isRolled: boolean): void =>
    writer.block(() => {
      writer.u8(codes.goOn);
      writer.u32(id);
      writer.u8(stream);
      writer.u8(isRolled ? 1 : 0);
    }),

  /** Both streams. */
  roll: (writer: FrameWriter, id: number): void =>
    writer.block(() => {
      writer.u8(codes.roll);
      writer.u32(id);
    }),

  removeCgroup: (writer: FrameWriter, directory: string): void =>
    writer.block(() => {
      writer.u8(codes.removeCgroup);
      writer.text(directory);
    }),

  end: (writer: FrameWriter): void => writer.block(() => writer.u8(codes.end)),
};

function writeKept(writer: FrameWriter, start: AgentSpawn): void {
  const { plan, spec } = start;
  writer.text(start.key);
  writer.text(start.memo);
  writer.text(spec.outputDirectory);
  writer.u8(containmentCodes[start.mechanism]);
  writer.text(start.cgroup);
  writer.text(plan.oomFile ?? "");
  writer.u8(start.isMade ? 0 : 1);
  writer.texts(plan.directories);
  writer.u64(Math.ceil(start.fenceBootMs ?? 0));
  writer.u64(spec.logs.segmentBytes ?? 0);
}
