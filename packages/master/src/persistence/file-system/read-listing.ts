import { AlohaError } from "@aloha/core";
import type { ApplicationRecord } from "@aloha/core";
import { listingScanMax } from "../engine.ts";
import type { ApplicationFilter, ApplicationListing, StoredApplication } from "../engine.ts";
import { kindsWanted, matchesDescription, matchesState } from "../matches-filter.ts";
import type { StoreTables } from "./store-tables.ts";

/** A page of applications, newest first: live and terminal ones are merged by number. */
export function readListing(tables: StoreTables, filter: ApplicationFilter): ApplicationListing {
  const found: StoredApplication[] = [];
  let scanned = 0;
  for (const application of newestFirst(tables, filter)) {
    if (found.length >= filter.limit || scanned >= listingScanMax) {
      return { applications: found, nextBeforeNumber: application.number + 1 };
    }
    scanned++;
    if (!matchesState(filter, application)) continue;
    const description = tables.descriptions.get(application.number);
    if (description === undefined)
      throw new AlohaError(
        "store-corrupt",
        `The store holds ${application.id} without its description.`,
      );
    if (matchesDescription(filter, description)) found.push({ application, description });
  }
  return { applications: found, nextBeforeNumber: null };
}

function* newestFirst(
  tables: StoreTables,
  filter: ApplicationFilter,
): Generator<ApplicationRecord, void, undefined> {
  const wanted = kindsWanted(filter);
  const sources = [
    ...(wanted.live ? [tables.live] : []),
    ...(wanted.ended ? [tables.ended] : []),
  ].map((table) =>
    table
      .getRange({
        reverse: true,
        ...(filter.beforeNumber === null ? {} : { start: filter.beforeNumber - 1 }),
      })
      [Symbol.iterator](),
  );
  const heads = sources.map((source) => source.next());
  try {
    for (;;) {
      let newest = -1;
      for (const [index, head] of heads.entries()) {
        if (head.done === true) continue;
        const best = heads[newest];
        if (best === undefined || best.done === true || head.value.key > best.value.key)
          newest = index;
      }
      const head = heads[newest];
      if (head === undefined || head.done === true) return;
      yield head.value.value;
      heads[newest] = sources[newest]!.next();
    }
  } finally {
    // A cursor that is not closed keeps its read transaction, and with it every page freed since.
    for (const source of sources) source.return?.();
  }
}
