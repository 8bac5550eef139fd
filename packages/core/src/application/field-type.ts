import { quote } from "../units/quote.ts";

/** A JSON Schema (draft 2020-12), as data. */
export type JsonSchema = { readonly [keyword: string]: unknown };

/** One thing that is wrong with a description. `path` is where: `restart.backoff.max`, `args[3]`. */
export interface DescriptionError {
  readonly path: string;
  readonly message: string;
}

/** How the values of a field are read, and how they are described to forms. */
export interface FieldType<Value> {
  /** The value, or undefined once it has been refused at its place. */
  read(written: unknown, place: Place): Value | undefined;
  readonly schema: JsonSchema;
}

const findingsMax = 100;

/** What reading one description has found so far. Bounded: a body of a million mistakes gets a hundred messages. */
export class Findings {
  readonly errors: DescriptionError[] = [];
  readonly unknownFields: string[] = [];
  readonly #collectUnknown: boolean;

  constructor(collectUnknown: boolean) {
    this.#collectUnknown = collectUnknown;
  }

  refuse(path: string, message: string): undefined {
    if (this.errors.length < findingsMax) this.errors.push({ path, message });
    return undefined;
  }

  unknownField(path: string, hint: string): void {
    if (!this.#collectUnknown) this.refuse(path, `${quote(path)} is not a field${hint}`);
    else if (this.unknownFields.length < findingsMax) this.unknownFields.push(path);
  }
}

/** A place inside the description that is being read. Its path is put together only where something is wrong. */
export class Place {
  readonly findings: Findings;
  readonly #own: string | number;
  readonly #outer: Place | undefined;

  /** `own`: the path of the outermost place; further in, a name or an index. */
  constructor(own: string | number, findings: Findings, outer?: Place) {
    this.#own = own;
    this.findings = findings;
    this.#outer = outer;
  }

  get path(): string {
    const own = this.#own;
    const outer = this.#outer?.path ?? "";
    if (typeof own === "number") return `${outer}[${own}]`;
    return outer === "" ? own : `${outer}.${own}`;
  }

  member(name: string): Place {
    return new Place(name, this.findings, this);
  }

  item(index: number): Place {
    return new Place(index, this.findings, this);
  }

  /** Refuses with what is allowed and what was given. */
  mustBe(allowed: string, given: unknown): undefined {
    return this.refuse(`must be ${allowed}, but is ${quote(given)}`);
  }

  /** Refuses with a predicate: the place is the sentence's subject. */
  refuse(predicate: string): undefined {
    return this.findings.refuse(
      this.path,
      `${this.path === "" ? "the description" : quotedPath(this.path)} ${predicate}`,
    );
  }
}

/** Paths hold names from outside: only plain short ones are shown as they are. */
function quotedPath(path: string): string {
  return /^[\w.[\]-]{1,120}$/.test(path) ? path : quote(path);
}
