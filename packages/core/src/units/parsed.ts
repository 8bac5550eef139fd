/** What reading a text gives: a value, or one sentence that says what was wrong and what is allowed. */
export type Parsed<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly message: string };

export function parsed<Value>(value: Value): Parsed<Value> {
  return { ok: true, value };
}

export function unparsed(message: string): { readonly ok: false; readonly message: string } {
  return { ok: false, message };
}
