export { hostPrograms } from "./host-programs.ts";
export { encodeHostOrder } from "./host-order.ts";
export type { HostOrder } from "./host-order.ts";
export { resolveModule } from "./module/resolve-module.ts";
export type { ModuleRequest, ResolvedModule } from "./module/resolve-module.ts";
