import type { Measurement } from "./benchmark.ts";
import { median } from "./median.ts";

/** One line of the report. */
export interface ReportLine {
  /** Benchmark and label, joined by a colon. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly limit: number | null;
  /** The figure of the peer, null where there is none. */
  readonly peer: number | null;
  /** How many times better than the peer (above 1 is better, whichever way better is). */
  readonly ratio: number | null;
  readonly withinLimit: boolean;
}

/** The medians of one measurement, judged. */
export function reportLine(benchmark: string, measurement: Measurement): ReportLine {
  const value = median(measurement.values);
  const { limit, peer, better } = measurement;
  const higher = better === "higher";
  return {
    name: measurement.label === "" ? benchmark : `${benchmark}:${measurement.label}`,
    value: rounded(value),
    unit: measurement.unit,
    limit: limit ?? null,
    peer: peer === undefined ? null : rounded(peer.value),
    ratio: peer === undefined ? null : rounded(higher ? value / peer.value : peer.value / value),
    withinLimit: limit === undefined || (higher ? value >= limit : value <= limit),
  };
}

/** For programs: one object a line. */
export function jsonLine({ name, value, unit, limit, peer, ratio }: ReportLine): string {
  return JSON.stringify({ name, value, unit, limit, peer, ratio });
}

/** For people: columns, and a mark where a limit is not kept. */
export function table(lines: readonly ReportLine[]): string {
  const rows = [
    ["benchmark", "value", "unit", "limit", "peer", "ratio", ""],
    ...lines.map((line) => [
      line.name,
      String(line.value),
      line.unit,
      String(line.limit ?? "-"),
      String(line.peer ?? "-"),
      String(line.ratio ?? "-"),
      line.withinLimit ? "" : "LIMIT NOT KEPT",
    ]),
  ];
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths?.[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** Three significant digits below a thousand, whole numbers above. */
function rounded(value: number): number {
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}
