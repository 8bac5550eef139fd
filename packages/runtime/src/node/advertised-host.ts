import { networkInterfaces } from "node:os";

/** The host that others connect to: the one listened on, or the first outer address where that is all of them. */
export function advertisedHost(listenHost: string): string {
  if (listenHost !== "0.0.0.0" && listenHost !== "::") return listenHost;
  for (const addresses of Object.values(networkInterfaces())) {
    const outer = addresses?.find(({ family, internal }) => family === "IPv4" && !internal);
    if (outer !== undefined) return outer.address;
  }
  return "127.0.0.1";
}
