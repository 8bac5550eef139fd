import pico from "picocolors";

/** Colours for one stream: none where it is no terminal, or NO_COLOR says so (no-color.org). */
export interface Paint {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly state: (state: string) => string;
  readonly error: (text: string) => string;
}

export function createPaint(enabled: boolean): Paint {
  const colors = pico.createColors(enabled);
  const byState: Readonly<Record<string, (text: string) => string>> = {
    RUNNING: colors.cyan,
    ALIVE: colors.green,
    FINISHED: colors.green,
    LAUNCHING: colors.blue,
    SUBMITTED: colors.blue,
    RELAUNCHING: colors.yellow,
    RECOVERING: colors.yellow,
    KILLING: colors.yellow,
    DRAINING: colors.yellow,
    MAINTENANCE: colors.yellow,
    UNKNOWN: colors.yellow,
    READ_ONLY: colors.red,
    KILLED: colors.magenta,
    FAILED: colors.red,
    TIMED_OUT: colors.red,
    ERROR: colors.red,
    DEAD: colors.red,
  };
  return {
    bold: (text) => colors.bold(text),
    dim: (text) => colors.dim(text),
    state: (state) => (byState[state] ?? String)(state),
    error: (text) => colors.red(text),
  };
}

/** Whether a stream takes colours. FORCE_COLOR forces them where it is no terminal; NO_COLOR always wins. */
export function wantsColor(
  isTerminal: boolean,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  if ((environment["NO_COLOR"] ?? "") !== "") return false;
  if ((environment["FORCE_COLOR"] ?? "") !== "") return environment["FORCE_COLOR"] !== "0";
  return isTerminal && environment["TERM"] !== "dumb";
}
