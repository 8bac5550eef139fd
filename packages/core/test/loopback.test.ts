import { expect, it } from "vitest";
import { isLoopback } from "@aloha/core";

it.each(["localhost", "127.0.0.1", "127.1.2.3", "::1", "[::1]"])("%s is loopback", (host) => {
  expect(isLoopback(host)).toBe(true);
});

it.each([
  "",
  "127.example.com",
  "127.0.0.1.example.com",
  "localhost.example.com",
  "10.0.0.1",
  "::",
  "0.0.0.0",
])("%s is not", (host) => {
  expect(isLoopback(host)).toBe(false);
});
