import type { Check } from "@aloha/core";
import type { History } from "./history.ts";

/** What a production endpoint does before it handles a message; here a refusal means that the two sides disagree on the protocol. */
export function checkWellFormed(
  history: History,
  check: Check,
  message: unknown,
  what: string,
): void {
  const problem = check(message);
  if (problem !== undefined)
    history.report(
      "protocol",
      `${what} is refused by its receiver: ${problem} in ${JSON.stringify(message)}`,
    );
}
