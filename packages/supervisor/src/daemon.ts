/** For programs that are a supervisor; the worker needs none of it. */
export { startSupervisor, type SupervisorOptions } from "./start-supervisor.ts";
export { parseSupervisorOptions } from "./supervisor-options.ts";
