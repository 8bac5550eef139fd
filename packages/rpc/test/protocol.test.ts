import { describe, expect, expectTypeOf, it } from "vitest";
import { defineProtocol } from "@aloha/rpc";
import type { AskMessageOf, Exchange, MessageOf, ReplyTo, RpcRef, SendMessageOf } from "@aloha/rpc";

interface Add {
  readonly kind: "add";
  readonly left: number;
  readonly right: number;
}
interface Log {
  readonly kind: "log";
  readonly text: string;
}
interface Count {
  readonly kind: "count";
}
type Calculator = {
  readonly add: Exchange<Add, { readonly sum: number }>;
  readonly count: Exchange<Count, number>;
  readonly log: Exchange<Log>;
};

const isText = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "text" in value && typeof value.text === "string";

describe("the types of a protocol", () => {
  it("tell what is asked, what is sent, and what is replied", () => {
    expectTypeOf<MessageOf<Calculator>>().toEqualTypeOf<Add | Count | Log>();
    expectTypeOf<AskMessageOf<Calculator>>().toEqualTypeOf<Add | Count>();
    expectTypeOf<SendMessageOf<Calculator>>().toEqualTypeOf<Log>();
    expectTypeOf<ReplyTo<Calculator, Add>>().toEqualTypeOf<{ readonly sum: number }>();
  });

  it("infer the reply of each ask, and let no wrong message compile", () => {
    // Never called: only its types matter.
    const use = async (ref: RpcRef<Calculator>): Promise<void> => {
      const answer = await ref.ask({ kind: "add", left: 1, right: 2 });
      expectTypeOf(answer).toEqualTypeOf<{ readonly sum: number }>();
      expectTypeOf(await ref.ask({ kind: "count" })).toEqualTypeOf<number>();
      ref.send({ kind: "log", text: "x" });
      // @ts-expect-error a field is missing
      await ref.ask({ kind: "add", left: 1 });
      // @ts-expect-error a field has the wrong type
      await ref.ask({ kind: "add", left: 1, right: "2" });
      // @ts-expect-error there is no such kind
      await ref.ask({ kind: "subtract", left: 1, right: 2 });
      // @ts-expect-error nothing is replied to a log
      await ref.ask({ kind: "log", text: "x" });
      // @ts-expect-error an add is asked, not sent
      ref.send({ kind: "add", left: 1, right: 2 });
    };
    expect(use).toBeTypeOf("function");
  });
});

describe("a defined protocol", () => {
  const protocol = defineProtocol<Calculator>({
    name: "calculator",
    kinds: {
      add: { checkReply: (reply) => (typeof reply === "object" ? undefined : "no object") },
      count: {},
      log: { check: (value) => (isText(value) ? undefined : "text is missing") },
    },
  });

  it.each([
    ["nothing", undefined, "a message is an object"],
    ["a text", "log", "a message is an object"],
    ["null", null, "a message is an object"],
    ["a kind that is no text", { kind: 1 }, "a message is an object"],
    ["an unknown kind", { kind: "toString" }, 'no message of kind "toString"'],
    ["a message that fails its check", { kind: "log" }, "text is missing"],
  ])("refuses %s", (_what, value, problem) => {
    expect(protocol.check?.(value)).toContain(problem);
  });

  it("takes what passes the checks", () => {
    expect(protocol.check?.({ kind: "log", text: "x" })).toBeUndefined();
    expect(protocol.check?.({ kind: "count" })).toBeUndefined();
    expect(protocol.checkReply?.("add", { sum: 3 })).toBeUndefined();
    expect(protocol.checkReply?.("add", 3)).toBe("no object");
  });
});
