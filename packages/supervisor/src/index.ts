export { openSupervisorClient } from "./client.ts";
export type { SupervisorClient, SupervisorClientOptions } from "./client.ts";
export type { LaunchOptions } from "./launch-supervisor.ts";
export { supervisorSocketPath } from "./socket/socket-path.ts";
export { readOutput } from "./output/read-output.ts";
export type { OutputSlice } from "./output/read-output.ts";
export { outputStreams } from "./output/segment.ts";
export type { OutputStreamName } from "./output/segment.ts";
