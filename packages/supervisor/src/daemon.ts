/** For programs that are a supervisor; the worker needs none of it. */
export { readCgroupLayout } from "./containment/cgroup-layout.ts";
export { detectContainment } from "./containment/detect-containment.ts";
export { findAgentBinary } from "./spawn/agent/build-agent.ts";
export { startSupervisor, type SupervisorOptions } from "./start-supervisor.ts";
export { parseSupervisorOptions } from "./supervisor-options.ts";
