import type { Endpoint } from "../endpoint.ts";
import { defineProtocol } from "../protocol.ts";
import type { Exchange, Protocol } from "../protocol.ts";
import type { Dispatcher } from "./dispatcher.ts";

/** The endpoint that every environment has: it answers lookups. No other name may begin with "$". */
export const DIRECTORY_NAME = "$directory";

export type LookupAnswer =
  | { readonly kind: "found" }
  | { readonly kind: "no-such-endpoint"; readonly message: string }
  | { readonly kind: "wrong-protocol"; readonly message: string };

export interface LookupQuestion {
  readonly kind: "lookup";
  readonly name: string;
  readonly protocol: string;
}

export type DirectoryProtocol = {
  readonly lookup: Exchange<LookupQuestion, LookupAnswer>;
};

export const directoryProtocol: Protocol<DirectoryProtocol> = defineProtocol<DirectoryProtocol>({
  name: DIRECTORY_NAME,
  kinds: { lookup: { check: checkQuestion, checkReply: checkAnswer } },
});

export function directoryEndpoint(dispatcher: Dispatcher): Endpoint<DirectoryProtocol> {
  return {
    receive(question, context) {
      context.reply(answer(dispatcher, question));
    },
  };
}

function answer(dispatcher: Dispatcher, question: LookupQuestion): LookupAnswer {
  const slot = dispatcher.find(question.name);
  if (slot === undefined) {
    const message = `There is no endpoint "${question.name}" there: ${dispatcher.describeNames()}.`;
    return { kind: "no-such-endpoint", message };
  }
  if (slot.endpoint.protocolName !== question.protocol) {
    const message = `${question.name} speaks ${slot.endpoint.protocolName}, not ${question.protocol}.`;
    return { kind: "wrong-protocol", message };
  }
  return { kind: "found" };
}

function checkQuestion(value: unknown): string | undefined {
  const isSound =
    isObject(value) &&
    typeof value["name"] === "string" &&
    value["name"].length <= 256 &&
    typeof value["protocol"] === "string";
  return isSound ? undefined : "a lookup has a name and a protocol";
}

function checkAnswer(value: unknown): string | undefined {
  const kind = isObject(value) ? value["kind"] : undefined;
  if (kind === "found") return undefined;
  const isRefusal = kind === "no-such-endpoint" || kind === "wrong-protocol";
  return isRefusal && isObject(value) && typeof value["message"] === "string"
    ? undefined
    : "it is no answer to a lookup";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
