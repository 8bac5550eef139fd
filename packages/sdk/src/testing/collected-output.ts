import type { ApplicationOutput } from "../application-output.ts";

/** Keeps what an application writes, for a test to look at. */
export class CollectedOutput implements ApplicationOutput {
  readonly isProcessOutput = false;
  #stdout = "";
  #stderr = "";
  readonly #waiting: { readonly text: string; readonly resolve: () => void }[] = [];
  readonly #decoder = new TextDecoder();

  /** All that was written to stdout. */
  get stdoutText(): string {
    return this.#stdout;
  }

  /** All that was written to stderr. */
  get stderrText(): string {
    return this.#stderr;
  }

  stdout(text: string | Uint8Array): void {
    this.#stdout += this.#text(text);
    this.#look();
  }

  stderr(text: string | Uint8Array): void {
    this.#stderr += this.#text(text);
    this.#look();
  }

  /** Settles once `text` is part of either output; never, if that does not come. */
  async until(text: string): Promise<void> {
    if (this.#holds(text)) return;
    await new Promise<void>((resolve) => {
      this.#waiting.push({ text, resolve });
    });
  }

  #look(): void {
    for (const { text, resolve } of this.#waiting) if (this.#holds(text)) resolve();
  }

  #holds(text: string): boolean {
    return this.#stdout.includes(text) || this.#stderr.includes(text);
  }

  #text(text: string | Uint8Array): string {
    return typeof text === "string" ? text : this.#decoder.decode(text);
  }
}
