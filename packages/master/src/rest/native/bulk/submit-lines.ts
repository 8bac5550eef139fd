import type { BulkResult, ErrorBody } from "@aloha/api";
import { AlohaError, type MasterAnswer } from "@aloha/core";
import type { Timers } from "@aloha/runtime";
import type { Leadership } from "../../../leadership.ts";
import { parseJsonText } from "../../parse-json-body.ts";
import { RequestError } from "../../request-error.ts";
import { readSubmission, type SubmitQuestion } from "../read-submission.ts";
import type { Lines } from "./split-lines.ts";

/** Between two tries while the master has no room for more questions. */
const roomPauseMs = 10;

export interface SubmitLinesOptions {
  readonly leadership: Leadership;
  readonly timers: Timers;
  readonly lineBytesMax: number;
}

/**
 * Submits one application a line, and resolves with one result a line, in their order, once everything accepted is
 * durable. Lines of white space alone are passed over. Rejects if the leadership ends: then it is not known what was accepted.
 */
export async function submitLines(
  { firstNumber, texts }: Lines,
  { leadership, timers, lineBytesMax }: SubmitLinesOptions,
): Promise<string> {
  const results: string[] = [];
  const questions: SubmitQuestion[] = [];
  /** Where the result of each question goes. */
  const places: number[] = [];
  for (const [index, text] of texts.entries()) {
    if (text?.trim() === "") continue;
    const read = readLine(text, lineBytesMax);
    if (read instanceof RequestError) {
      results.push(formatResult({ line: firstNumber + index, error: errorBody(read) }));
      continue;
    }
    places.push(results.length);
    questions.push(read);
    // Until it is answered: its number.
    results.push(String(firstNumber + index));
  }
  const answers = await askPatiently(questions, leadership, timers);
  for (const [index, answer] of answers.entries()) {
    const place = places[index]!;
    results[place] = resultOf(Number(results[place]), answer);
  }
  return results.join("");
}

function readLine(text: string | undefined, lineBytesMax: number): SubmitQuestion | RequestError {
  if (text === undefined) {
    const message = `The line is not UTF-8, or longer than ${lineBytesMax} bytes.`;
    return new RequestError(400, "invalid-argument", message);
  }
  try {
    return readSubmission(parseJsonText(text, "the line"));
  } catch (thrown) {
    if (thrown instanceof RequestError) return thrown;
    throw thrown;
  }
}

/** Puts every question, again after a moment where there was no room: whoever sends many can wait. */
async function askPatiently(
  questions: readonly SubmitQuestion[],
  leadership: Leadership,
  timers: Timers,
): Promise<readonly MasterAnswer[]> {
  const answers: (MasterAnswer | undefined)[] = [...(await leadership.askAll(questions))];
  for (;;) {
    const left = answers.flatMap((answer, index) => (answer === undefined ? [index] : []));
    if (left.length === 0) return answers as MasterAnswer[];
    await new Promise<void>((resolve) => void timers.after(roomPauseMs, resolve));
    const late = await leadership.askAll(left.map((index) => questions[index]!));
    for (const [position, index] of left.entries()) answers[index] = late[position];
  }
}

function resultOf(line: number, answer: MasterAnswer): string {
  switch (answer.kind) {
    case "submitted":
      return formatResult({ line, id: answer.appId, duplicate: answer.duplicate });
    case "refused":
      return formatResult({ line, error: { code: answer.code, message: answer.message } });
    default:
      throw new AlohaError("internal", `The master answered a submit with ${answer.kind}.`);
  }
}

function errorBody({ code, message, details }: RequestError): ErrorBody["error"] {
  return { code, message, ...(details.length === 0 ? {} : { details: [...details] }) };
}

function formatResult(result: BulkResult): string {
  return `${JSON.stringify(result)}\n`;
}
