const quotedLengthMax = 60;

/**
 * Shows a value that came from outside in a message: as JSON, on one line, with control
 * characters escaped, and shortened. Only its outermost level is looked at, so that a huge value costs nothing.
 */
export function quote(value: unknown): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(
        value.length > quotedLengthMax ? `${value.slice(0, quotedLengthMax)}...` : value,
      );
    case "number":
    case "boolean":
    case "undefined":
      return String(value);
    case "bigint":
      return "an integer beyond the safe range";
    case "object":
      if (value === null) return "null";
      return Array.isArray(value) ? `a list of ${value.length}` : "an object";
    default:
      return `a ${typeof value}`;
  }
}
