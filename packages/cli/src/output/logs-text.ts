import type { Application } from "@aloha/api";
import { formatBytes, formatDuration } from "@aloha/core/vocabulary";

/** How output is rolled, in words; null if nobody knows. */
export function logsText(logs: Application["logs"]): string | null {
  if (logs === null) return null;
  const { segmentBytes, rollEveryMs, keep, compress } = logs;
  const when = [
    ...(segmentBytes === null ? [] : [`at ${formatBytes(segmentBytes)}`]),
    ...(rollEveryMs === null ? [] : [`every ${formatDuration(rollEveryMs)}`]),
  ];
  if (when.length === 0) return "never rolled";
  const kept = keep === null ? "all kept" : `${keep} kept`;
  return `rolled ${when.join(" and ")}, ${kept}${compress && keep !== 0 ? ", compressed" : ""}`;
}
