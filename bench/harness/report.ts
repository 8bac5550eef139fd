import type { Measurement } from "./benchmark.ts";
import { median } from "./median.ts";

/** One line of the report. */
export interface ReportLine {
  /** The benchmark's name, and after a colon the label of a further figure. */
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What the machine can do at best, measured in the same run; null where nothing bounds the figure. */
  readonly limit: number | null;
  /** What the original reaches, null where that is not known. */
  readonly peer: number | null;
  /** How near the value is to the limit, whichever way is better: 1 is as good as the limit, 0.5 half as good. */
  readonly ratio: number | null;
  readonly bar: { readonly text: string; readonly met: boolean } | null;
}

/** The medians of one measurement, judged. */
export function reportLine(benchmark: string, measurement: Measurement): ReportLine {
  const value = median(measurement.values);
  const { limits, peer, bar, better } = measurement;
  const higher = better === "higher";
  const limit = limits === undefined ? null : median(limits);
  return {
    name: measurement.label === "" ? benchmark : `${benchmark}:${measurement.label}`,
    value: rounded(value),
    unit: measurement.unit,
    limit: limit === null ? null : rounded(limit),
    peer: peer ?? null,
    ratio: limit === null ? null : rounded(higher ? value / limit : limit / value),
    bar:
      bar === undefined
        ? null
        : {
            text: `${higher ? ">=" : "<="} ${rounded(bar)}`,
            met: higher ? value >= bar : value <= bar,
          },
  };
}

/** For programs: one object a line. */
export function jsonLine({ name, value, unit, limit, peer, ratio }: ReportLine): string {
  return JSON.stringify({ name, value, unit, limit, peer, ratio });
}

/** For people: columns, and whether each bar is met. */
export function table(lines: readonly ReportLine[]): string {
  const rows = [
    ["benchmark", "value", "unit", "limit", "peer", "ratio", "bar", ""],
    ...lines.map((line) => [
      line.name,
      String(line.value),
      line.unit,
      String(line.limit ?? "-"),
      String(line.peer ?? "-"),
      String(line.ratio ?? "-"),
      line.bar?.text ?? "-",
      line.bar === null ? "" : line.bar.met ? "met" : "NOT MET",
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
