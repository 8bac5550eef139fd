import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readOutput } from "@aloha/supervisor";
import { SpawnerBench, type OpenSpawner } from "./spawner-bench.ts";

const KIB = 1024;
const NOBODY = { uid: 65_534, gid: 65_534, groups: [65_534, 4] };

/** What every spawner has to do; `after` looks at what is left. */
export function spawnerConformance(
  name: string,
  open: OpenSpawner,
  after: (bench: SpawnerBench) => void = () => {},
): void {
  describe(name, () => {
    let bench: SpawnerBench;
    const isRoot = process.getuid?.() === 0;

    beforeAll(async () => {
      bench = await SpawnerBench.open(open);
    });

    afterAll(async () => {
      after(bench);
      await bench[Symbol.asyncDispose]();
    });

    test("exit codes and signals are exact", async () => {
      const attempts = [
        bench.start(["sh", "-c", "exit 0"]),
        bench.start(["sh", "-c", "exit 255"]),
        bench.start(["sh", "-c", "kill -SEGV $$"]),
      ];
      const ends = await Promise.all(attempts.map((attempt) => bench.ended(attempt)));
      expect(ends).toMatchObject([
        { exitCode: 0, signal: null, guardianKilled: false, outOfMemory: false },
        { exitCode: 255, signal: null },
        { exitCode: null, signal: "SIGSEGV" },
      ]);
    });

    test("a program leads a session of its own, under the pid that is told", async () => {
      const attempt = bench.start(["sh", "-c", 'echo "$$"; cut -d" " -f5,6 /proc/self/stat']);
      const { pid, startTicks } = await bench.input("spawned", attempt);
      await bench.ended(attempt);
      expect(bench.textOf(attempt)).toBe(`${pid}\n${pid} ${pid}\n`);
      expect(startTicks).toBeGreaterThan(0);
    });

    test("arguments, environment and working directory are as given, and stdin is empty", async () => {
      const attempt = bench.start(
        ["sh", "-c", 'printf "%s|" "$@"; cat; pwd; env', "sh", "two words", "$HOME", "*", "", "ä"],
        { workingDirectory: "/usr" },
      );
      await bench.ended(attempt);
      const [line, ...variables] = bench.textOf(attempt).trim().split("\n");
      expect(line).toBe("two words|$HOME|*||ä|/usr");
      const names = variables.map((variable) => variable.split("=")[0]);
      // The shell adds some of its own.
      expect(new Set([...names, "PWD", "SHLVL", "OLDPWD", "_"])).toEqual(
        new Set(["ALOHA_ATTEMPT", "PATH", "PWD", "SHLVL", "OLDPWD", "_"]),
      );
    });

    test("a program may open /dev/stdout and /dev/stderr", async () => {
      const attempt = bench.start([
        "sh",
        "-c",
        "echo one; echo two >/dev/stdout; echo three >/dev/stderr",
      ]);
      await bench.ended(attempt);
      expect(bench.textOf(attempt)).toBe("one\ntwo\n");
      expect(bench.textOf(attempt, "stderr")).toBe("three\n");
    });

    test("what cannot be started is a clear answer", async () => {
      const attempts = [
        bench.start(["no-such-command"]),
        bench.start(["/etc/passwd"]),
        bench.start(["true"], { workingDirectory: "/no/such/directory" }),
        bench.start(["true"], { outputDirectory: "/etc/passwd/below" }),
        bench.start(["true"], { environment: { PATH: "/bin" } }),
        bench.start(["true", "nul\0"]),
      ];
      const failures = await Promise.all(
        attempts.map((attempt) => bench.input("spawn-failed", attempt)),
      );
      for (const { attempt } of failures) bench.spawner.release(attempt);
      expect(failures.map(({ code }) => code)).toEqual([
        "command-not-found",
        "not-executable",
        "work-directory",
        "work-directory",
        "environment",
        "spawn-failed",
      ]);
      expect(failures[0]?.message).toBe(
        'There is no command "no-such-command" in PATH (/usr/bin:/bin).',
      );
    });

    test("a script without an interpreter is a shell's", async () => {
      const path = join(bench.directory, "script");
      writeFileSync(path, 'echo "script $1"\n', { mode: 0o755 });
      const attempt = bench.start([path, "one"]);
      expect(await bench.ended(attempt)).toMatchObject({ exitCode: 0 });
      expect(bench.textOf(attempt)).toBe("script one\n");
    });

    test("much output is rolled, and every byte of it is kept in order", async () => {
      const attempt = bench.start(["seq", "1", "100000"], {
        logs: { segmentBytes: 100 * KIB, rollEveryMs: null, keep: 100, compress: false },
      });
      await bench.ended(attempt);
      const parts: Buffer[] = [];
      for (let offset = 0; ;) {
        const slice = await readOutput(bench.outputOf(attempt), "stdout", offset, 1024 * KIB);
        if (slice.kind !== "read" || slice.bytes.length === 0) break;
        parts.push(slice.bytes);
        offset = slice.nextOffset;
      }
      const lines = Buffer.concat(parts).toString().trimEnd().split("\n");
      expect(lines.length).toBe(100_000);
      expect(lines.every((line, index) => line === String(index + 1))).toBe(true);
      const segments = readdirSync(bench.outputOf(attempt)).filter((file) =>
        file.startsWith("stdout."),
      );
      expect(segments.length).toBe(5);
    });

    test("a file is rolled by the first write after its period", async () => {
      const attempt = bench.start(["sh", "-c", "echo one; sleep 2.2; echo two"], {
        logs: { segmentBytes: null, rollEveryMs: 2_000, keep: 4, compress: false },
      });
      await bench.ended(attempt);
      expect(bench.textOf(attempt)).toBe("two\n");
      expect(bench.textOf(attempt, "stdout.000000000000000")).toBe("one\n");
    });

    test("what is fenced dies soon after its deadline if nobody else sees to it", async () => {
      const now = bench.runtime.clock.bootMs();
      const fenced = bench.start(["sleep", "60"], { fenceBootMs: now + 300 });
      const renewed = bench.start(["sleep", "4"], { fenceBootMs: now + 600 });
      await bench.input("spawned", renewed);
      bench.fences.set(renewed, now + 60_000);
      bench.spawner.guardChanged();
      expect(await bench.ended(fenced)).toMatchObject({ signal: "SIGKILL", guardianKilled: true });
      expect(bench.runtime.clock.bootMs() - now).toBeLessThan(5_300);
      expect(await bench.ended(renewed)).toMatchObject({ exitCode: 0, guardianKilled: false });
    });

    test("a limit of open files holds, and where there is none it is the supervisor's", async () => {
      const limited = bench.start(["sh", "-c", "ulimit -Sn; ulimit -Hn"], { openFilesMax: 77 });
      const other = bench.start(["sh", "-c", "ulimit -Sn"]);
      await bench.ended(limited);
      await bench.ended(other);
      expect(bench.textOf(limited)).toBe("77\n77\n");
      expect(Number(bench.textOf(other))).toBeGreaterThan(77);
    });

    test("a program runs as the account that is given, with its groups, and may open /dev/stdout", async () => {
      const attempt = bench.start(["sh", "-c", "id -u; id -g; id -G >/dev/stdout"], {
        account: isRoot ? NOBODY : null,
        workingDirectory: "/",
      });
      await bench.ended(attempt);
      const lines = bench.textOf(attempt).split("\n");
      expect(lines[0]).toBe(String(isRoot ? NOBODY.uid : process.getuid?.()));
      if (isRoot) expect(lines.slice(1, 3)).toEqual(["65534", "65534 4"]);
    });

    test("want of memory is told where memory is limited, of the attempt that had it only", async () => {
      const hungry = bench.start(["python3", "-c", "x = bytearray(200 << 20)"], { memoryMiB: 32 });
      const end = await bench.ended(hungry);
      const isLimited = bench.containment.description.includes("memory");
      expect(end).toMatchObject(
        isLimited ? { signal: "SIGKILL", outOfMemory: true } : { outOfMemory: false },
      );
      const modest = bench.start(["true"], { memoryMiB: 32 });
      expect(await bench.ended(modest)).toMatchObject({ exitCode: 0, outOfMemory: false });
    });

    test("many at a time end as they should, again and again", async () => {
      for (let round = 0; round < 3; round++) {
        const attempts = Array.from({ length: 40 }, (_, index) =>
          bench.start(["sh", "-c", `echo ${index}; exit ${index}`]),
        );
        const ends = await Promise.all(attempts.map((attempt) => bench.ended(attempt)));
        expect(ends.map(({ exitCode }) => exitCode)).toEqual(attempts.map((_, index) => index));
        expect(attempts.map((attempt) => bench.textOf(attempt))).toEqual(
          attempts.map((_, index) => `${index}\n`),
        );
      }
    });

    test("the rest of a tree is not gone when its main process is", async () => {
      const attempt = bench.start(["sh", "-c", "setsid sleep 300 & exit 3"]);
      expect(await bench.input("exited", attempt)).toMatchObject({ exitCode: 3, treeEmpty: null });
      await bench.ended(attempt);
    });
  });
}
