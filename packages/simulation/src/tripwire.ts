import { AlohaError } from "@aloha/core";

interface Wire {
  readonly home: object;
  readonly name: string;
}

/** Ways to the real time and to real chance: whatever uses one makes a run that no seed repeats. */
const wires: readonly Wire[] = [
  { home: Date, name: "now" },
  { home: Math, name: "random" },
  { home: globalThis, name: "setTimeout" },
  { home: globalThis, name: "setInterval" },
  { home: globalThis, name: "setImmediate" },
  { home: globalThis, name: "performance" },
];

/** Makes every use of real time or real chance throw until the returned function is called. */
export function setTripwire(): () => void {
  const before = wires.map(({ home, name }) => Object.getOwnPropertyDescriptor(home, name));
  for (const { home, name } of wires) {
    const trip = (): never => {
      throw new AlohaError(
        "internal",
        `${name} was used in a simulation, where time and chance come from the world`,
      );
    };
    const isObject = name === "performance";
    Object.defineProperty(home, name, {
      configurable: true,
      ...(isObject ? { get: trip } : { value: trip }),
    });
  }
  return () => {
    wires.forEach(({ home, name }, index) => {
      const descriptor = before[index];
      if (descriptor !== undefined) Object.defineProperty(home, name, descriptor);
    });
  };
}
