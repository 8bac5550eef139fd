/** Counted extras by name, such as `gpu: 2`. A name that is absent counts as 0. */
export type Resources = Readonly<Record<string, number>>;

/** Shared by all that have or need none: nearly everything. */
export const noResources: Resources = {};

/** What is needed beside cores and memory, in a form that is quick to compare. */
export interface ResourceNeeds {
  /** Equal needs have equal keys; "" for none. */
  readonly key: string;
  readonly entries: readonly (readonly [name: string, amount: number])[];
}

const none: ResourceNeeds = { key: "", entries: [] };
const known = new WeakMap<Resources, ResourceNeeds>();

/** The needs that these amounts are. Remembered by the object, which must not change. */
export function needsOf(resources: Resources): ResourceNeeds {
  if (resources === noResources || isEmpty(resources)) return none;
  const remembered = known.get(resources);
  if (remembered !== undefined) return remembered;
  const entries = Object.entries(resources)
    .filter(([, amount]) => amount > 0)
    .sort(([left], [right]) => (left < right ? -1 : 1));
  const key = entries.map(([name, amount]) => `${name}=${amount}`).join(",");
  const needs = { key, entries };
  known.set(resources, needs);
  return needs;
}

function isEmpty(resources: Resources): boolean {
  for (const name in resources) if (resources[name]! > 0) return false;
  return true;
}

/** How much of `name` there is: names come from outside, and may be those of inherited members. */
export function amountOf(resources: Resources, name: string): number {
  return Object.hasOwn(resources, name) ? resources[name]! : 0;
}

export function hasResources({ entries }: ResourceNeeds, available: Resources): boolean {
  for (const [name, amount] of entries) if (amountOf(available, name) < amount) return false;
  return true;
}

/** What is left of `available` without what is needed; never below 0. */
export function withoutResources(available: Resources, { entries }: ResourceNeeds): Resources {
  if (entries.length === 0) return available;
  const left: Record<string, number> = { ...available };
  for (const [name, amount] of entries)
    left[name] = Math.max(0, amountOf(available, name) - amount);
  return left;
}

/** Whether there is more of anything in `now` than in `before`. */
export function haveGrown(before: Resources, now: Resources): boolean {
  return before !== now && Object.keys(now).some((name) => now[name]! > amountOf(before, name));
}
