import { defineProtocol } from "@aloha/rpc";
import type { Exchange, Protocol } from "@aloha/rpc";

/** About the size and shape of a report that a worker sends. */
export interface Report {
  readonly kind: "report";
  readonly seq: number;
  readonly appId: string;
  readonly state: string;
}

export interface Question {
  readonly kind: "question";
  readonly seq: number;
  readonly appId: string;
}

export interface Answer {
  readonly seq: number;
  readonly state: string;
}

export type BenchProtocol = {
  readonly report: Exchange<Report>;
  readonly question: Exchange<Question, Answer>;
  readonly count: Exchange<{ readonly kind: "count" }, { readonly reports: number }>;
};

export const benchProtocol: Protocol<BenchProtocol> = defineProtocol<BenchProtocol>({
  name: "bench",
  kinds: { report: { check: checkSeq }, question: { check: checkSeq }, count: {} },
});

function checkSeq(value: unknown): string | undefined {
  const isSound =
    typeof value === "object" && value !== null && "seq" in value && typeof value.seq === "number";
  return isSound ? undefined : "seq is a number";
}
