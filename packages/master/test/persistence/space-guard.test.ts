import { stat } from "node:fs/promises";
import { join } from "node:path";
import { silentLogger } from "@aloha/runtime";
import { SimulatedTime } from "@aloha/runtime/memory";
import { expect, test } from "vitest";
import { SpaceGuard } from "../../src/persistence/file-system/space-guard.ts";
import { storeFiles } from "../../src/persistence/file-system/store-files.ts";
import { temporaryDirectory } from "../fixtures.ts";

const ballastBytes = 10_000;
const freeBytesMin = 1_000;

async function guarded(free: { bytes: number }): Promise<{
  readonly guard: SpaceGuard;
  readonly said: boolean[];
  readonly ballast: () => Promise<number>;
}> {
  const directory = await temporaryDirectory();
  const said: boolean[] = [];
  const guard = new SpaceGuard({
    directory,
    changed: (low) => said.push(low),
    timers: new SimulatedTime(),
    logger: silentLogger,
    ballastBytes,
    freeBytesMin,
    freeBytes: () => Promise.resolve(free.bytes),
  });
  const ballast = (): Promise<number> =>
    stat(join(directory, storeFiles.ballast)).then(
      ({ size }) => size,
      () => 0,
    );
  return { guard, said, ballast };
}

test("the ballast is made while there is room, said low before it goes, and made anew with room to spare", async () => {
  const free = { bytes: 1_000_000 };
  const { guard, said, ballast } = await guarded(free);
  await guard.start();
  expect(await ballast()).toBe(ballastBytes);
  expect(said).toEqual([]);
  free.bytes = freeBytesMin - 1;
  await guard.check();
  expect(said).toEqual([true]);
  expect(await ballast()).toBe(0);
  // The room that the ballast gave up is not enough to go on as if nothing had been.
  free.bytes = freeBytesMin + ballastBytes;
  await guard.check();
  expect(guard.low).toBe(true);
  free.bytes = 2 * freeBytesMin + ballastBytes + 1;
  await guard.check();
  expect(said).toEqual([true, false]);
  expect(await ballast()).toBe(ballastBytes);
  await guard.stop();
});

test("a disk without room for the ballast is used without it", async () => {
  const { guard, said, ballast } = await guarded({ bytes: freeBytesMin + 1 });
  await guard.start();
  expect(await ballast()).toBe(0);
  expect(said).toEqual([]);
  await guard.stop();
});
