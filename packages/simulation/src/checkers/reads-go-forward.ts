/** A read gives a state that is durable, and never an older one than a read that was answered before it was asked. */
import type { ApplicationRecord } from "@aloha/core";
import type { Checker } from "../history/checker.ts";
import { committedApplications } from "./committed-applications.ts";

export function readsGoForward(): Checker {
  const versions = new Map<string, ApplicationRecord[]>();
  const newestRead = new Map<string, number>();
  const floors = new Map<number, number>();
  return {
    name: "reads-go-forward",
    observe(observation) {
      for (const record of committedApplications(observation)) {
        const known = versions.get(record.id);
        if (known === undefined) versions.set(record.id, [record]);
        else known.push(record);
      }
      if (observation.kind === "read-asked")
        floors.set(observation.readId, newestRead.get(observation.appId) ?? -1);
      if (observation.kind !== "read-answered") return undefined;
      const { readId, appId, record } = observation;
      const floor = floors.get(readId) ?? -1;
      floors.delete(readId);
      if (record === null) return floor < 0 ? undefined : `${appId} was read, and then not found`;
      const version = versions.get(appId)?.lastIndexOf(record) ?? -1;
      if (version < 0) return `${appId} was read as ${record.state}, which was never durable`;
      if (version < floor)
        return `${appId} was read as ${record.state}, after something newer had been read`;
      newestRead.set(appId, Math.max(version, newestRead.get(appId) ?? -1));
      return undefined;
    },
  };
}
