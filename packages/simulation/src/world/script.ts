/** What the processes of one attempt do. It travels in the description's `args`, as a program's argument would. */
export interface Script {
  /** How long the main process runs by itself. */
  readonly runMs: number;
  readonly exitCode: number;
  /** What it does about SIGTERM: end by it, end well (code 0) as a server would, or nothing. */
  readonly onTerm: "die" | "exit-0" | "ignore";
  /** How long a child goes on after the main process has ended; 0: there is none. */
  readonly daemonMs: number;
  /** How long its processes take to vanish after SIGKILL. */
  readonly dieMs: number;
}

export function encodeScript(script: Script): string {
  return JSON.stringify(script);
}

export function decodeScript(argv: readonly string[]): Script {
  return JSON.parse(argv[1] ?? "") as Script;
}
