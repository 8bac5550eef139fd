import { expect, test } from "vitest";
import { AlohaError, toAlohaError } from "../src/error.ts";

test("an error of another copy of this package keeps its code", () => {
  class OtherCopy extends Error {
    override readonly name = "AlohaError";
    readonly code: string;
    constructor(code: string) {
      super("Deposed");
      this.code = code;
    }
  }
  const thrown = new OtherCopy("not-leader");
  const error = toAlohaError(thrown, "store-failed");
  expect(error).toBeInstanceOf(AlohaError);
  expect(error).toMatchObject({ code: "not-leader", message: "Deposed", cause: thrown });
  expect(toAlohaError(new OtherCopy("nonsense"), "store-failed").code).toBe("store-failed");
});
