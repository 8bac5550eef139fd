/**
 * A leadership: its number is raised durably before a leader does anything else, its nonce
 * tells two leaders apart that took the same number (which only a restored store can bring about).
 */
export interface Epoch {
  readonly number: number;
  readonly nonce: string;
}

export type EpochOrder = "older" | "same" | "newer" | "conflict";

/** How `epoch` stands to `seen`. `conflict`: the same number with another nonce, to be refused and alerted. */
export function compareEpoch(epoch: Epoch, seen: Epoch | null): EpochOrder {
  if (seen === null || epoch.number > seen.number) return "newer";
  if (epoch.number < seen.number) return "older";
  return epoch.nonce === seen.nonce ? "same" : "conflict";
}
