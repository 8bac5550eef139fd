import { describe, expect, it } from "vitest";
import { parseCommandLine } from "../src/command-line.ts";

describe("the simulator's command line", () => {
  it("runs 100 seeds of 10 minutes by default", () => {
    expect(parseCommandLine([])).toEqual({ kind: "many", from: 1, seeds: 100, minutes: 10 });
  });

  it("runs other seeds, and one alone", () => {
    expect(parseCommandLine(["--seeds", "3", "--from", "7", "--minutes", "2"])).toEqual({
      kind: "many",
      from: 7,
      seeds: 3,
      minutes: 2,
    });
    expect(parseCommandLine(["--seed", "5"])).toEqual({ kind: "one", seed: 5, minutes: 10 });
  });

  it("says what is wrong with what it does not take", () => {
    expect(parseCommandLine(["--seeds", "many"])).toEqual({
      kind: "invalid",
      message: "--seeds takes a whole number",
    });
    expect(parseCommandLine(["--sedes", "1"])).toMatchObject({ kind: "invalid" });
    expect(parseCommandLine(["--help"])).toEqual({ kind: "help" });
  });
});
