import type { StartSpec } from "@aloha/core";

/** What the agent keeps of a start for whoever takes over. */
export interface AgentMemo {
  /** Without arguments and environment, which nobody needs any more. */
  readonly spec: StartSpec;
  readonly leaseMs: number;
}

/** As text, which the agent does not look into. */
export function writeMemo(spec: StartSpec, leaseMs: number): string {
  const memo: AgentMemo = { spec: { ...spec, argv: [], environment: {} }, leaseMs };
  return JSON.stringify(memo);
}

/** What `writeMemo` of this or another release wrote. Throws a SyntaxError for what is no memo. */
export function readMemo(text: string): AgentMemo {
  const memo: unknown = JSON.parse(text);
  if (typeof memo === "object" && memo !== null && "spec" in memo && "leaseMs" in memo)
    return memo as AgentMemo;
  throw new SyntaxError("The spawn agent holds what no supervisor has given to it.");
}
