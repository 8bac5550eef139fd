import { liveStates, terminalStates, type ApplicationState } from "@aloha/core";
import type { Leadership } from "../../leadership.ts";
import type { ApplicationFilter, ApplicationListing } from "../../persistence/engine.ts";
import { askFor, type RestContext } from "../rest-context.ts";
import { expected, standby, type SubmissionAnswer } from "./submission-answer.ts";
import { dialectOf } from "./submission-state.ts";

/** Drivers of one page: each kill of a page is under way at once. */
const pageLength = 500;

/** Asks for the end of every live driver. Applications that were not submitted in Spark's dialect are none. */
export function killDrivers(context: RestContext): Promise<SubmissionAnswer> {
  return forAllDrivers(context, {
    action: "KillAllSubmissionResponse",
    states: liveStates,
    onlyAlive: "Can only kill drivers in ALIVE state.",
    done: "Kill request for all drivers submitted",
    carryOut: async (leadership, appIds) => {
      const kills = appIds.map((appId) =>
        askFor(
          leadership,
          { kind: "kill", appId, immediately: false, reason: "" },
          "kill-accepted",
          "not-live",
        ),
      );
      await Promise.all(kills);
    },
  });
}

/** Forgets every driver that has ended. */
export function clearDrivers(context: RestContext): Promise<SubmissionAnswer> {
  return forAllDrivers(context, {
    action: "ClearResponse",
    states: terminalStates,
    onlyAlive: "Can only clear drivers in ALIVE state.",
    done: "",
    carryOut: async (leadership, appIds) => {
      await leadership.removeEnded(appIds);
    },
  });
}

interface ForAllDrivers {
  readonly action: string;
  readonly states: readonly ApplicationState[];
  readonly onlyAlive: string;
  readonly done: string;
  readonly carryOut: (leadership: Leadership, appIds: readonly string[]) => Promise<void>;
}

async function forAllDrivers(
  context: RestContext,
  { action, states, onlyAlive, done, carryOut }: ForAllDrivers,
): Promise<SubmissionAnswer> {
  const { leadership } = context.standing;
  if (leadership === undefined)
    return { action, success: false, message: standby(context, onlyAlive) };
  const answer = await expected(eachPage(leadership, states, carryOut));
  return answer.kind === "failed"
    ? { action, success: false, message: answer.message }
    : { action, success: true, message: done };
}

async function eachPage(
  leadership: Leadership,
  states: readonly ApplicationState[],
  carryOut: ForAllDrivers["carryOut"],
): Promise<void> {
  let beforeNumber: number | null = null;
  do {
    const filter: ApplicationFilter = { ...allApplications, states, beforeNumber };
    const page: ApplicationListing = await leadership.read((engine) =>
      engine.listApplications(filter),
    );
    const drivers = page.applications
      .map(({ application }) => application.id)
      .filter((id) => dialectOf(id) === "spark");
    if (drivers.length > 0) await carryOut(leadership, drivers);
    beforeNumber = page.nextBeforeNumber;
  } while (beforeNumber !== null);
}

const allApplications = { name: null, namespace: null, labels: [], limit: pageLength } as const;
