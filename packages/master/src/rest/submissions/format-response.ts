/** What an answer of the submissions protocol is made of; undefined is left out. */
export type SubmissionField = string | boolean | readonly string[] | undefined;

/**
 * Writes an answer as Jackson's default pretty printer does, which the original and Spark use: two spaces, a
 * space on both sides of the colon, keys in alphabetical order, lists on one line. A widely used client splits
 * its lines on ` : `, so that this form is part of the protocol.
 */
export function formatSubmissionResponse(
  fields: Readonly<Record<string, SubmissionField>>,
): string {
  const lines = Object.keys(fields)
    .sort()
    .flatMap((key) => {
      const value = fields[key];
      return value === undefined ? [] : [`  ${JSON.stringify(key)} : ${formatValue(value)}`];
    });
  return `{\n${lines.join(",\n")}\n}`;
}

function formatValue(value: string | boolean | readonly string[]): string {
  if (typeof value !== "object") return JSON.stringify(value);
  return value.length === 0 ? "[ ]" : `[ ${value.map((item) => JSON.stringify(item)).join(", ")} ]`;
}
