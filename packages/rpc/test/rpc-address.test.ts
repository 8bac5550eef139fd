import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { formatRpcUrl, parseRpcUrl } from "@aloha/rpc";

describe("an endpoint's URL", () => {
  it("reads back what it wrote, for any name, host and port", () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/);
    const host = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain());
    fc.assert(
      fc.property(name, host, fc.integer({ min: 0, max: 65_535 }), (someName, someHost, port) => {
        const address = { host: someHost, port };
        const parsed = parseRpcUrl(formatRpcUrl(someName, address));
        expect(parsed).toEqual({ ok: true, name: someName, address });
      }),
    );
  });

  it.each([
    ["", "write aloha://name@host:port"],
    ["http://master@host:1", "write aloha://name@host:port"],
    ["aloha://host:7070", "write aloha://name@host:port"],
    ["aloha://master@host", "write aloha://name@host:port"],
    ["aloha://master@::1:7070", "write aloha://name@host:port"],
    ["aloha://master@host:70707", "at most 65535"],
    ["aloha://$directory@host:7070", "cannot name an endpoint"],
    [`aloha://${"x".repeat(129)}@host:7070`, "at most 128 characters"],
  ])("says what is wrong with %j", (text, message) => {
    expect(parseRpcUrl(text)).toEqual({ ok: false, message: expect.stringContaining(message) });
  });

  it("takes a name of exactly 128 characters", () => {
    expect(parseRpcUrl(`aloha://${"x".repeat(128)}@host:7070`).ok).toBe(true);
  });
});
