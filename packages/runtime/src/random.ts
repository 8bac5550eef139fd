/** Randomness, so that a simulation can draw it from one seed. */
export interface Random {
  /** `length` random bytes as lower-case hex (2 x `length` characters), fit for secrets in production. */
  hex(length: number): string;
  /** A number in [0, 1). For jitter, never for secrets. */
  fraction(): number;
}
