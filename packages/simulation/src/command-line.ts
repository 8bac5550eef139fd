import { parseArgs } from "node:util";

export const usage = `Runs the production cores on a simulated world and hunts for broken promises.

  npm run sim -- [--seeds N] [--from S0] [--minutes M]   N runs (100), with seeds from S0 (1) on
  npm run sim -- --seed S [--minutes M]                  one run, with its full trace

  --minutes M   length of the phase with faults, in simulated minutes (10)`;

export type Command =
  | { readonly kind: "help" }
  | { readonly kind: "invalid"; readonly message: string }
  | { readonly kind: "one"; readonly seed: number; readonly minutes: number }
  | {
      readonly kind: "many";
      readonly from: number;
      readonly seeds: number;
      readonly minutes: number;
    };

/** Reads the arguments of the simulator. */
export function parseCommandLine(args: readonly string[]): Command {
  let values: { readonly [name in "seeds" | "seed" | "from" | "minutes"]?: string } & {
    readonly help?: boolean;
  };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        seeds: { type: "string" },
        seed: { type: "string" },
        from: { type: "string" },
        minutes: { type: "string" },
        help: { type: "boolean" },
      },
    }));
  } catch (error) {
    return { kind: "invalid", message: error instanceof Error ? error.message : String(error) };
  }
  if (values.help === true) return { kind: "help" };
  const amounts = {
    seeds: count(values.seeds, 100),
    seed: count(values.seed, 0),
    from: count(values.from, 1),
    minutes: count(values.minutes, 10),
  };
  for (const [name, amount] of Object.entries(amounts)) {
    if (amount === undefined) return { kind: "invalid", message: `--${name} takes a whole number` };
  }
  const { seeds = 0, seed = 0, from = 0, minutes = 0 } = amounts;
  return values.seed === undefined
    ? { kind: "many", from, seeds, minutes }
    : { kind: "one", seed, minutes };
}

function count(text: string | undefined, byDefault: number): number | undefined {
  if (text === undefined) return byDefault;
  return /^[0-9]{1,9}$/.test(text) ? Number(text) : undefined;
}
