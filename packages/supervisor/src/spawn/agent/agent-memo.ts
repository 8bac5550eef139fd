import type { StartSpec } from "@aloha/core";

/** What the agent keeps of a start for whoever takes over. */
export interface AgentMemo {
  /** Without what is long and nobody needs any more: arguments, environment, what a host was told. */
  readonly spec: StartSpec;
  readonly leaseMs: number;
  /** Kills for want of memory in its cgroup before it. */
  readonly oomKills: number;
}

/** As text, which the agent does not look into. */
export function writeMemo({ spec, ...rest }: AgentMemo): string {
  const short: StartSpec = { ...spec, argv: [], environment: {}, hosted: null };
  const memo: AgentMemo = { spec: short, ...rest };
  return JSON.stringify(memo);
}

/** What `writeMemo` of this or another release wrote. Throws a SyntaxError for what is no memo. */
export function readMemo(text: string): AgentMemo {
  const memo: unknown = JSON.parse(text);
  if (typeof memo === "object" && memo !== null && "spec" in memo && "leaseMs" in memo)
    return memo as AgentMemo;
  throw new SyntaxError("The spawn agent holds what no supervisor has given to it.");
}
