import { createSocket } from "node:dgram";
import { networkInterfaces } from "node:os";
import { isLoopback } from "@aloha/core/vocabulary";

/** Whether an address is one of this host's own. */
export function isOwnAddress(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  if (isLoopback(name)) return true;
  return Object.values(networkInterfaces()).some((addresses) =>
    addresses?.some(({ address }) => address === name),
  );
}

/** The address of this host from which packets to `host` leave; nothing is sent. Loopback if there is no way there. */
export function addressTowards(host: string): Promise<string> {
  return new Promise((resolve) => {
    const family = host.includes(":") ? "udp6" : "udp4";
    const socket = createSocket(family);
    const give = (address: string): void => {
      socket.close();
      resolve(address);
    };
    socket.once("error", () => give("127.0.0.1"));
    // Any port: connecting a datagram socket only chooses the route (connect(2)).
    socket.connect(9, host, () => give(socket.address().address));
  });
}
