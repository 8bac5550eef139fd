import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Timers } from "@aloha/runtime";
import { detectContainment, findAgentBinary } from "@aloha/supervisor/daemon";
import { fine, warning } from "./finding.ts";
import type { Finding } from "./finding.ts";

/** What holds process trees here, what limits them, and what starts them. Finding the agent may build it. */
export async function checkSupervision(timers: Timers): Promise<readonly Finding[]> {
  const directory = await mkdtemp(join(tmpdir(), "aloha-doctor-"));
  try {
    return [...checkContainment(directory, timers), await checkAgent(directory)];
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function checkContainment(directory: string, timers: Timers): readonly Finding[] {
  const containment = detectContainment({
    directory,
    mode: "auto",
    cgroupRoot: null,
    limits: true,
    timers,
  });
  const { kind, description } = containment;
  containment.close();
  if (kind === "group")
    return [
      warning(
        "containment",
        `process groups only: cgroups cannot be written (${description})`,
        "Kills are best-effort so: a daemon that leaves its session may survive. Run the supervisor with Delegate=yes, or give the container writable cgroups.",
      ),
    ];
  const limited = !description.includes("no limits");
  return [
    fine("containment", description),
    ...(limited
      ? []
      : [
          warning(
            "memory limits",
            "the memory controller cannot be used in this cgroup",
            "Applications are not held to the memory that they asked for. See that the memory controller is delegated to the supervisor.",
          ),
        ]),
  ];
}

async function checkAgent(directory: string): Promise<Finding> {
  const agent = await findAgentBinary(directory);
  return agent.kind === "found"
    ? fine("spawn agent", agent.path)
    : warning(
        "spawn agent",
        `none: ${agent.reason}`,
        "Install a C compiler (Debian: apt install gcc libc6-dev). Without the agent starts are slower, and a restart of the supervisor ends work.",
      );
}
