/**
 * Whether a host name or address (without a port; IPv6 with or without brackets) means this very host and nothing else:
 * `localhost`, 127.0.0.0/8 written as an address, `::1`. A name that only begins like one, `127.example.com`, does not.
 */
export function isLoopback(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, "");
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}
