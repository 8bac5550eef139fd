/** The least margin, and the parts of the one that grows with the lease: 5 s of scheduling, twice, and clocks that drift 0.2 %. */
const marginMinMs = 10_000;
const marginBaseMs = 9_000;
const driftFraction = 0.002;

/** What the master waits beyond a lease before it takes it for lapsed (DESIGN 4): max(10 s, 9 s + 0.2 % of the lease). */
export function marginOf(leaseMs: number): number {
  return Math.max(marginMinMs, marginBaseMs + Math.ceil(driftFraction * leaseMs));
}
