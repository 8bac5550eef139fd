import type { AttemptKey, Containment, TreeEnd } from "@aloha/core";
import type { TreeReference } from "../core/index.ts";
import type { CgroupPlan, Limits } from "./resource-limits.ts";

/** Holds the process trees of attempts together, so that each can be killed as a whole. */
export interface TreeContainment {
  readonly kind: Containment;
  /** One line for the log: what holds the trees, and which limits apply. */
  readonly description: string;
  /**
   * The directory whose cgroup.kill (or processes) are all trees, for the guardian. Null: by mark only.
   */
  readonly root: string | null;
  /** How the guardian kills. */
  readonly mechanism: "cgroup2" | "freezer" | "group";
  /** What has to be made for a tree in the cgroup `name`; null where no cgroup holds it. */
  plan(name: string, limits: Limits): CgroupPlan | null;
  /** The attempt's tree is, or is about to be, in the cgroup `name` below the root. */
  hold(attempt: AttemptKey, name: string): void;
  /** A look without a scan: null if processes are left or only a scan can tell. */
  isEmptyNow(attempt: AttemptKey): TreeEnd | null;
  /** Sends `signal` to every process of the tree. */
  signal(tree: TreeReference, signal: NodeJS.Signals): void;
  /** Sends SIGKILL to every process of the tree; some may be left, call again until `verify` says empty. */
  kill(tree: TreeReference): void;
  /** Calls `done` with how sure it is that the tree is empty, or null if it is not. */
  verify(tree: TreeReference, done: (end: TreeEnd | null) => void): void;
  /** The tree is gone, and the attempt over. */
  forget(attempt: AttemptKey): void;
  /** Kills whatever an earlier supervisor left that is not held now, as far as it can be found without names. */
  killLeftovers(): void;
  /** Nothing is left to hold. */
  close(): void;
}

/** A name for the attempt that is a file name. */
export function fileNameOf(attempt: AttemptKey): string {
  return attempt.replaceAll("/", "_");
}
