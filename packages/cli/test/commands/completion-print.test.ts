import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { completedCommands, firstWords } from "../../src/output/completion-model.ts";
import { completionScript, completionShells } from "../../src/output/completion-scripts.ts";
import { runCaptured } from "../support/captured-context.ts";

const commands = await completedCommands();
const bash = completionScript("bash", commands);

/** What bash offers for a command line whose last word is being written. */
function complete(...words: readonly string[]): readonly string[] {
  const script = `${bash}\nCOMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _aloha; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout, stderr, status } = spawnSync("bash", ["-c", script, "bash", ...words], {
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout.split("\n").filter((line) => line !== "");
}

it("offers commands, the verbs of a noun, options and the values that an option takes", () => {
  expect(complete("aloha", "")).toEqual(firstWords(commands).map(({ word }) => word));
  expect(complete("aloha", "st")).toEqual(["status", "stop", "store"]);
  expect(complete("aloha", "store", "")).toEqual(["backup", "verify", "restore", "copy"]);
  expect(complete("aloha", "store", "backup", "--re")).toEqual(["--recovery-directory"]);
  expect(complete("aloha", "ps", "-o", "")).toEqual(["text", "json"]);
  expect(complete("aloha", "ps", "--output", "j")).toEqual(["json"]);
  expect(complete("aloha", "completion", "")).toEqual([...completionShells]);
  expect(complete("aloha", "help", "ver")).toEqual(["version"]);
});

it("leaves alone what stands behind --, which is somebody else's command", () => {
  expect(complete("aloha", "run", "--", "--he")).toEqual([]);
  expect(complete("aloha", "run", "--he")).toEqual(["--help"]);
});

it.each(completionShells)("names every command and every option in the script for %s", (shell) => {
  const script = completionScript(shell, commands);
  for (const { name, options } of commands) {
    for (const word of name.split(" ")) expect(script).toContain(word);
    for (const long of options.map(({ names }) => names.at(-1) ?? ""))
      expect(script).toContain(shell === "fish" ? long.replace(/^--?/, "") : long);
  }
});

it("refuses a shell that it does not know", async () => {
  const result = await runCaptured(["completion", "tcsh"]);
  expect(result).toMatchObject({ exitCode: 2, out: "" });
  expect(result.err).toContain("Allowed choices are bash, zsh, fish");
});

it.each(completionShells)("is understood by %s, where that is installed", (shell) => {
  const directory = mkdtempSync(join(tmpdir(), "aloha-completion-"));
  onTestFinished(() => rmSync(directory, { recursive: true }));
  const file = join(directory, "script");
  writeFileSync(file, completionScript(shell, commands));
  const { stderr, error } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
  expect({ shell, stderr: error === undefined ? stderr : "" }).toEqual({ shell, stderr: "" });
});
