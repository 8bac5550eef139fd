/** Signals that may ask a process to stop. SIGSTOP and its kin are not among them: a stopped process does not end. */
export const signalNames = [
  "SIGTERM",
  "SIGINT",
  "SIGHUP",
  "SIGQUIT",
  "SIGUSR1",
  "SIGUSR2",
  "SIGALRM",
  "SIGWINCH",
  "SIGABRT",
  "SIGKILL",
] as const;

export type SignalName = (typeof signalNames)[number];

export function isSignalName(value: unknown): value is SignalName {
  return signalNames.some((name) => name === value);
}
