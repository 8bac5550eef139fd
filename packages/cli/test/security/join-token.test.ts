import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { decodeJoinToken, encodeJoinToken } from "../../src/security/join-token.ts";

it("a join token is one word that carries the secret", () => {
  const secret = randomBytes(32);
  const token = encodeJoinToken(secret);
  expect(token).toMatch(/^aloha-join-1\.[A-Za-z0-9_-]+$/);
  expect(Buffer.from(decodeJoinToken(` ${token}\n`))).toEqual(secret);
});

it("a token that was cut off or mistyped anywhere is refused, without being repeated", () => {
  const token = encodeJoinToken(randomBytes(32));
  for (let at = "aloha-join-1.".length; at < token.length; at++) {
    expect(() => decodeJoinToken(token.slice(0, at))).toThrow("not whole");
    const other = token[at] === "A" ? "B" : "A";
    const mistyped = token.slice(0, at) + other + token.slice(at + 1);
    expect(() => decodeJoinToken(mistyped)).toThrow("not whole");
  }
});

it("anything else is no join token", () => {
  for (const text of ["", "aloha", "aloha-join-2.AAAA", "0".repeat(64)]) {
    expect(() => decodeJoinToken(text)).toThrow("begins with aloha-join-1.");
  }
});
