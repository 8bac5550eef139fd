/**
 * The few names that a client needs at run time: errors, states, quoting, amounts. An entry of its own, since a short-lived
 * command should not load the state machines of a master to list applications.
 */
export { AlohaError, errorCodes, invariant, toAlohaError } from "./error.ts";
export type { ErrorCode } from "./error.ts";
export { isLoopback } from "./loopback.ts";
export { isTerminal, liveStates, terminalStates } from "./application/state.ts";
export type { ApplicationState, LiveState, TerminalState } from "./application/state.ts";
export { formatBytes } from "./units/bytes.ts";
export { formatDuration } from "./units/duration.ts";
export { quote } from "./units/quote.ts";
