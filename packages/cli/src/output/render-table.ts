import type { CommandStream } from "../command-context.ts";

/** One column: its title, and on which side its cells stand. */
export interface Column {
  readonly title: string;
  readonly align?: "left" | "right";
}

const noBorder = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "  ",
} as const;

/**
 * A table without borders, as `ps` and `kubectl` draw them: it survives copying, grep and awk. Cells are
 * never shortened. They may hold colours, but nothing else that `printable` would escape.
 */
export async function renderTable(
  stream: CommandStream,
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
): Promise<string> {
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    head: columns.map((column) => stream.paint.dim(column.title)),
    colAligns: columns.map((column) => column.align ?? "left"),
    chars: noBorder,
    style: { head: [], border: [], compact: true, "padding-left": 0, "padding-right": 0 },
  });
  for (const row of rows) table.push([...row]);
  return `${table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd())
    .join("\n")}\n`;
}

/** `name  value` lines with the names in one column: what a page about one thing looks like. */
export function renderFields(
  stream: CommandStream,
  fields: readonly (readonly [string, string])[],
): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields
    .map(([name, value]) => `${stream.paint.dim(name.padEnd(width))}  ${value}\n`)
    .join("");
}
