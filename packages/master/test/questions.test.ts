import { AlohaError } from "@aloha/core";
import type { MasterInput } from "@aloha/core";
import { expect, test } from "vitest";
import { Questions } from "../src/questions.ts";

function collecting(room = true): {
  readonly inputs: MasterInput[];
  readonly questions: Questions;
} {
  const inputs: MasterInput[] = [];
  const questions = new Questions((input) => {
    if (room) inputs.push(input);
    return room;
  });
  return { inputs, questions };
}

test("an answer finds the one who asked", async () => {
  const { inputs, questions } = collecting();
  const first = questions.ask({ kind: "barrier" });
  const second = questions.ask({ kind: "overview" });
  expect(inputs).toEqual([
    { kind: "barrier", token: 1 },
    { kind: "overview", token: 2 },
  ]);
  questions.answer(2, { kind: "not-live", appId: "a" });
  questions.answer(1, { kind: "barrier" });
  expect(await first).toEqual({ kind: "barrier" });
  expect(await second).toEqual({ kind: "not-live", appId: "a" });
  expect(questions.length).toBe(0);
});

test("a question that finds no room is refused as busy", async () => {
  const { questions } = collecting(false);
  await expect(questions.ask({ kind: "barrier" })).rejects.toMatchObject({
    code: "limit-exceeded",
  });
});

test("the end of the leadership fails everything that waits and everything after", async () => {
  const { questions } = collecting();
  const waiting = questions.ask({ kind: "barrier" });
  questions.end(new AlohaError("store-failed", "the disk is gone"));
  await expect(waiting).rejects.toMatchObject({
    code: "store-failed",
    message: "the disk is gone",
  });
  await expect(questions.ask({ kind: "barrier" })).rejects.toMatchObject({ code: "store-failed" });
});

test("the core is told once that whoever asked is gone, and only if nobody answered", () => {
  const { inputs, questions } = collecting();
  const gone = new AbortController();
  const answered = new AbortController();
  void questions.ask({ kind: "barrier" }, gone.signal);
  void questions.ask({ kind: "barrier" }, answered.signal);
  questions.answer(2, { kind: "barrier" });
  gone.abort();
  answered.abort();
  expect(inputs.slice(2)).toEqual([{ kind: "abandoned", token: 1 }]);
});

test("several questions are answered together, in their order, and those without room by nothing", async () => {
  const inputs: MasterInput[] = [];
  const questions = new Questions((input) => {
    const hasRoom = inputs.length < 2;
    if (hasRoom) inputs.push(input);
    return hasRoom;
  });
  const asked = questions.askAll([
    { kind: "barrier" },
    { kind: "explain", appId: "a" },
    { kind: "overview" },
  ]);
  questions.answer(2, { kind: "not-live", appId: "a" });
  questions.answer(1, { kind: "barrier" });
  expect(await asked).toEqual([{ kind: "barrier" }, { kind: "not-live", appId: "a" }, undefined]);
  expect(await questions.askAll([{ kind: "overview" }])).toEqual([undefined]);
  expect(await questions.askAll([])).toEqual([]);
  expect(questions.length).toBe(0);
});

test("the end of the leadership fails several questions as a whole", async () => {
  const { questions } = collecting();
  const asked = questions.askAll([{ kind: "barrier" }, { kind: "barrier" }]);
  questions.answer(1, { kind: "barrier" });
  questions.end(new AlohaError("store-failed", "the disk is gone"));
  await expect(asked).rejects.toMatchObject({ code: "store-failed" });
  await expect(questions.askAll([])).rejects.toMatchObject({ code: "store-failed" });
});
