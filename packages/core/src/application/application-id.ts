/** The two families of ids: Aloha's own, and `driver-` for submissions in Spark's dialect. */
export type ApplicationIdPrefix = "app" | "driver";

const pattern = /^(app|driver)-([0-9]{14})-([0-9]{4,15})$/;

/**
 * `<prefix>-<yyyyMMddHHmmss>-<number>`, in UTC, the number padded to four digits. The number
 * alone identifies the application and is never reused; the date is for people.
 */
export function formatApplicationId(
  prefix: ApplicationIdPrefix,
  submittedAtMs: number,
  number: number,
): string {
  return `${prefix}-${compactTimestamp(submittedAtMs)}-${String(number).padStart(4, "0")}`;
}

/** The number in an application id, or undefined if `text` is none. */
export function applicationNumber(text: string): number | undefined {
  const match = pattern.exec(text);
  return match === null ? undefined : Number(match[3]);
}

/** `yyyyMMddHHmmss` in UTC, from the civil calendar (H. Hinnant, "chrono-compatible low-level date algorithms"). */
function compactTimestamp(wallMs: number): string {
  const seconds = Math.floor(wallMs / 1000);
  const days = Math.floor(seconds / 86_400);
  const secondOfDay = seconds - days * 86_400;
  const shifted = days + 719_468;
  const era = Math.floor(shifted / 146_097);
  const dayOfEra = shifted - era * 146_097;
  const yearOfEra = Math.floor(
    (dayOfEra -
      Math.floor(dayOfEra / 1460) +
      Math.floor(dayOfEra / 36_524) -
      Math.floor(dayOfEra / 146_096)) /
      365,
  );
  const dayOfYear =
    dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100));
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153);
  const day = dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1;
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9;
  const year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0);
  const two = (value: number): string => String(value).padStart(2, "0");
  return (
    String(year).padStart(4, "0") +
    two(month) +
    two(day) +
    two(Math.floor(secondOfDay / 3600)) +
    two(Math.floor((secondOfDay % 3600) / 60)) +
    two(secondOfDay % 60)
  );
}
