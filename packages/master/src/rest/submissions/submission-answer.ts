import { toAlohaError, type AlohaError } from "@aloha/core";
import { statusOf } from "../request-error.ts";
import type { RestContext } from "../rest-context.ts";
import type { SubmissionField } from "./format-response.ts";

export type SubmissionAnswer = Readonly<Record<string, SubmissionField>>;

/** Clients try the next master when a message begins so. */
export function standby(context: RestContext, what: string): string {
  const { phase } = context.standing;
  return `Current state is not alive: ${phase}. ${what}`;
}

/** A refusal that passes (too much to do, a full disk) is an answer in this protocol; anything else is an error. */
export async function expected<Value>(
  asking: Promise<Value>,
): Promise<
  | { readonly kind: "answered"; readonly value: Value }
  | { readonly kind: "failed"; readonly message: string }
> {
  try {
    return { kind: "answered", value: await asking };
  } catch (thrown) {
    const error: AlohaError = toAlohaError(thrown);
    if (statusOf(error.code) === 500) throw error;
    return { kind: "failed", message: error.message };
  }
}
