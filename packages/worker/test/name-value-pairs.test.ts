import { describe, expect, test } from "vitest";
import { parseLabels, parseResources } from "../src/resources/name-value-pairs.ts";

describe("aloha.worker.resources", () => {
  test("are names and amounts; one of 0 is as good as absent", () => {
    expect(parseResources("k", ["gpu=2", " license = 5", "x/fpga=0"])).toEqual({
      gpu: 2,
      license: 5,
    });
    expect(parseResources("k", [])).toEqual({});
  });

  test.each(["gpu", "=2", "gpu=", "gpu=-1", "gpu=1.5", "gpu=9999999", "2x=1", "a b=1"])(
    "%j is refused by name",
    (text) => {
      expect(() => parseResources("aloha.worker.resources", [text])).toThrow(
        /^aloha\.worker\.resources: /,
      );
    },
  );
});

describe("aloha.worker.labels", () => {
  test("are names and values, which may be empty and hold further signs of equality", () => {
    expect(parseLabels("k", ["zone=a", "cold=", "x=a=b"])).toEqual({
      zone: "a",
      cold: "",
      x: "a=b",
    });
  });

  test.each(["zone", "-a=b", `a=${"x".repeat(257)}`])("%j is refused by name", (text) => {
    expect(() => parseLabels("aloha.worker.labels", [text])).toThrow(/^aloha\.worker\.labels: /);
  });

  test("are bounded in number", () => {
    const texts = Array.from({ length: 65 }, (_, index) => `a${index}=x`);
    expect(() => parseLabels("k", texts)).toThrow("k names 65, at most 64 are allowed");
  });
});
