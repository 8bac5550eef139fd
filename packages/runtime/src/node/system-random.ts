import { randomBytes } from "node:crypto";
import type { Random } from "../random.ts";

/** Randomness from the operating system. */
export const systemRandom: Random = {
  hex: (length) => randomBytes(length).toString("hex"),
  fraction: () => Math.random(),
};
