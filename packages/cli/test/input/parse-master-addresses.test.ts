import { expect, it } from "vitest";
import { parseMasterAddresses } from "../../src/input/parse-master-addresses.ts";

it.each([
  ["aloha://m1:7077", ["m1:7077"]],
  ["aloha://m1:7077,m2:7078", ["m1:7077", "m2:7078"]],
  ["aloha://m1", ["m1:7077"]],
  ["aloha://[::1]:7077", ["[::1]:7077"]],
])("reads %s", (text, addresses) => {
  expect(parseMasterAddresses(text)).toEqual(addresses);
});

it.each([
  "m1:7077",
  "spark://m1:7077",
  "aloha://",
  "aloha://m1:0",
  "aloha://m1:99999",
  "aloha://m1,,m2",
  "aloha://a b:1",
])("refuses %s and says how it is written", (text) => {
  expect(() => parseMasterAddresses(text)).toThrow("write aloha://host:port");
});
