/**
 * An application's life (DESIGN 5):
 *
 *   SUBMITTED -> LAUNCHING -> RUNNING -> FINISHED | FAILED | KILLED | TIMED_OUT | ERROR
 *   LAUNCHING -> SUBMITTED              rejected by the worker before it ever ran
 *   LAUNCHING | RUNNING -> UNKNOWN      its worker was not heard for a lease
 *   UNKNOWN -> LAUNCHING | RUNNING      its worker is back
 *   RUNNING | UNKNOWN -> RELAUNCHING    the attempt is over, another follows
 *   RELAUNCHING -> LAUNCHING
 *   any of these -> KILLING             a kill is durable, the tree may still live
 */
export const liveStates = [
  "SUBMITTED",
  "LAUNCHING",
  "RUNNING",
  "UNKNOWN",
  "RELAUNCHING",
  "KILLING",
] as const;
export const terminalStates = ["FINISHED", "FAILED", "KILLED", "TIMED_OUT", "ERROR"] as const;

export type LiveState = (typeof liveStates)[number];
export type TerminalState = (typeof terminalStates)[number];
export type ApplicationState = LiveState | TerminalState;

export function isTerminal(state: ApplicationState): state is TerminalState {
  return (terminalStates as readonly string[]).includes(state);
}
