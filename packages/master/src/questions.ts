import { AlohaError } from "@aloha/core";
import type { MasterAnswer, MasterInput, Token } from "@aloha/core";

/** An input that is answered, without its token. */
export type Question = WithoutToken<
  Exclude<Extract<MasterInput, { readonly token: Token }>, { readonly kind: "abandoned" }>
>;
type WithoutToken<Input> = Input extends { readonly token: Token } ? Omit<Input, "token"> : never;

interface Waiting {
  readonly resolve: (answer: MasterAnswer, token: Token) => void;
  readonly reject: (error: AlohaError) => void;
}

/** Gives every question its token, and every answer to the one who asked. */
export class Questions {
  readonly #push: (input: MasterInput) => boolean;
  readonly #waiting = new Map<Token, Waiting>();
  #lastToken = 0;
  #ended: AlohaError | undefined;

  /** `push` takes an input; false if it found no room. */
  constructor(push: (input: MasterInput) => boolean) {
    this.#push = push;
  }

  get length(): number {
    return this.#waiting.size;
  }

  /**
   * Resolves with the answer, a refusal included. Rejects with `limit-exceeded` if too much waits,
   * and with the error that ended the leadership. When `signal` fires nobody waits any more: the core is told, and this never settles.
   */
  ask(question: Question, signal?: AbortSignal): Promise<MasterAnswer> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    const token = ++this.#lastToken;
    return new Promise((resolve, reject) => {
      if (!this.#push({ ...question, token } as MasterInput)) {
        reject(
          this.#ended ??
            new AlohaError(
              "limit-exceeded",
              "The master has too much to do: try again in a moment.",
            ),
        );
        return;
      }
      this.#waiting.set(token, { resolve, reject });
      signal?.addEventListener("abort", () => this.#abandon(token), { once: true });
    });
  }

  /**
   * Resolves with the answers to all of these, in their order, once each has one; undefined where a question found no room and
   * was not put. Rejects with the error that ended the leadership.
   */
  askAll(questions: readonly Question[]): Promise<readonly (MasterAnswer | undefined)[]> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended);
    return new Promise((resolve, reject) => {
      const firstToken = this.#lastToken + 1;
      const answers: (MasterAnswer | undefined)[] = questions.map(() => undefined);
      let left = 0;
      // One for them all: they are many.
      const waiting: Waiting = {
        resolve: (answer, token) => {
          answers[token - firstToken] = answer;
          if (--left === 0) resolve(answers);
        },
        reject,
      };
      for (const question of questions) {
        const token = ++this.#lastToken;
        if (!this.#push({ ...question, token } as MasterInput)) continue;
        this.#waiting.set(token, waiting);
        left++;
      }
      if (left === 0) resolve(answers);
    });
  }

  answer(token: Token, answer: MasterAnswer): void {
    const waiting = this.#waiting.get(token);
    this.#waiting.delete(token);
    waiting?.resolve(answer, token);
  }

  /** Fails everything that waits, and whatever is asked from now on. */
  end(error: AlohaError): void {
    if (this.#ended !== undefined) return;
    this.#ended = error;
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const { reject } of waiting) reject(error);
  }

  #abandon(token: Token): void {
    if (this.#waiting.delete(token)) this.#push({ kind: "abandoned", token });
  }
}
