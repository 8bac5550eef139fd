import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { CommandContext } from "../command-context.ts";
import { formatSeconds } from "../output/format-age.ts";
import { pause } from "../pause.ts";
import { fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

const watchMs = 300;
const jumpMsMax = 100;
const asleepMsMax = 1_000;
const timedatectlMsMax = 2_000;

/** What `timedatectl` knows about NTP; undefined where it knows nothing. */
export type ReadSynchronized = () => Promise<boolean | undefined>;

/** The clock that leases are measured on, and the one that people read. */
export async function checkClock(
  context: CommandContext,
  readSynchronized: ReadSynchronized = askTimedatectl,
): Promise<readonly Finding[]> {
  const asleepMs = context.clock.bootMs() - Number(process.hrtime.bigint() / 1_000_000n);
  const [wallMs, monotonicMs] = [context.clock.wallMs(), context.clock.monotonicMs()];
  await pause(context.timers, watchMs);
  const jumpMs = context.clock.wallMs() - wallMs - (context.clock.monotonicMs() - monotonicMs);
  return [
    asleepMs > asleepMsMax
      ? warning(
          "boot clock",
          `this host was asleep for ${formatSeconds(asleepMs)} since its start`,
          "Keep it awake: leases run out while it sleeps, and what is fenced may run up to 5 s after it.",
        )
      : fine("boot clock", "counts, and was never suspended"),
    Math.abs(jumpMs) > jumpMsMax
      ? warning(
          "wall clock",
          `moved by ${formatSeconds(jumpMs)} while it was watched`,
          "See what sets it: times in events and listings are wrong meanwhile. Leases are not measured on it.",
        )
      : wallClock(await readSynchronized()),
  ];
}

function wallClock(synchronized: boolean | undefined): Finding {
  if (synchronized === undefined)
    return fine("wall clock", "steady; whether it is synchronized is not known here");
  return synchronized
    ? fine("wall clock", "synchronized")
    : warning(
        "wall clock",
        "not synchronized",
        "Run chrony or systemd-timesyncd, so that times of several hosts can be compared. Leases are not measured on it.",
      );
}

async function askTimedatectl(): Promise<boolean | undefined> {
  try {
    const { stdout } = await promisify(execFile)(
      "timedatectl",
      ["show", "--property=NTPSynchronized", "--value"],
      { timeout: timedatectlMsMax },
    );
    const answer = stdout.trim();
    return answer === "yes" ? true : answer === "no" ? false : undefined;
  } catch {
    // No systemd, as in a container.
    return undefined;
  }
}
