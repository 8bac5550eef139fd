/** What a token allows, each role everything that those before it do. */
export const roles = ["viewer", "submitter", "operator", "admin"] as const;

export type Role = (typeof roles)[number];

/** A bearer token as the master knows it: never the token itself. */
export interface TokenRecord {
  /** Who has it, for people. */
  readonly name: string;
  readonly role: Role;
  /** SHA-256 of the token in hexadecimal. Tokens are random, so that no slower hash is needed. */
  readonly sha256: string;
}

/** Who may use the HTTP interface, where that is not everybody. */
export interface RestAccess {
  readonly tokens: readonly TokenRecord[];
  /**
   * Networks (`10.0.0.0/8`, or one address) whose clients may use `/v1/submissions/` as submitters without a token, since
   * some clients of that protocol cannot send one.
   */
  readonly submissionsTrust: readonly string[];
}

/** Whether `held` allows what `needed` does. */
export function allows(held: Role, needed: Role): boolean {
  return roles.indexOf(held) >= roles.indexOf(needed);
}
