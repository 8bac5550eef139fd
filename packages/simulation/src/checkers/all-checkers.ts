import type { Checker } from "../history/checker.ts";
import { acceptedIsKept } from "./accepted-is-kept.ts";
import { commitBeforeOutput } from "./commit-before-output.ts";
import { drainedIsSpared } from "./drained-is-spared.ts";
import { fencesInTime } from "./fences-in-time.ts";
import { honestEnds } from "./honest-ends.ts";
import { noOvercommit } from "./no-overcommit.ts";
import { oneApplicationARequest } from "./one-application-a-request.ts";
import { oneEnd } from "./one-end.ts";
import { oneLiveKey } from "./one-live-key.ts";
import { oneLiveTree } from "./one-live-tree.ts";
import { readsGoForward } from "./reads-go-forward.ts";
import { trueExits } from "./true-exits.ts";
import { uniqueIds } from "./unique-ids.ts";
import { workOutlivesManagers } from "./work-outlives-managers.ts";

/** Everything that is watched in every run, apart from `nothingStuck`, which the run itself asks when it may end. */
export function allCheckers(): readonly Checker[] {
  return [
    acceptedIsKept(),
    commitBeforeOutput(),
    drainedIsSpared(),
    fencesInTime(),
    honestEnds(),
    noOvercommit(),
    oneApplicationARequest(),
    oneEnd(),
    oneLiveKey(),
    oneLiveTree(),
    readsGoForward(),
    trueExits(),
    uniqueIds(),
    workOutlivesManagers(),
  ];
}
