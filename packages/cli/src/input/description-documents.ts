import { AlohaError } from "@aloha/core/vocabulary";
import { LineCounter, isMap, isNode, isScalar, isSeq, parseAllDocuments } from "yaml";
import type { Document, Node } from "yaml";

/** One application as somebody wrote it, not yet validated, and where each of its fields stands. */
export interface WrittenDescription {
  readonly fields: Readonly<Record<string, unknown>>;
  /** The place of a field (`restart.backoff.max`, `args[3]`, empty for the whole): `apps.yaml:12`, `--memory`. */
  locate(path: string): string;
}

const documentsMax = 1000;

/**
 * Reads the applications in a YAML or JSON text (JSON is YAML): one per document, documents being
 * separated by `---`. Empty documents are skipped. Throws AlohaError (`invalid-argument`) that names
 * `file` and the line of everything that is wrong.
 */
export function readDescriptionDocuments(
  text: string,
  file: string,
): readonly WrittenDescription[] {
  const lineCounter = new LineCounter();
  const parsed = parseAllDocuments(text, {
    lineCounter,
    prettyErrors: false,
    uniqueKeys: true,
    merge: true,
  });
  const documents: readonly Document.Parsed[] = "empty" in parsed ? [] : parsed;
  const problems = documents.flatMap((document) =>
    [...document.errors].map(
      (error) => `${file}:${lineCounter.linePos(error.pos[0]).line}: ${error.message}`,
    ),
  );
  if (problems.length > 0) throw new AlohaError("invalid-argument", problems.join("\n"));
  if (documents.length > documentsMax) {
    throw new AlohaError(
      "invalid-argument",
      `${file}: ${documents.length} documents; at most ${documentsMax} at once`,
    );
  }
  const descriptions = documents
    .filter((document) => document.contents !== null && !isEmptyScalar(document.contents))
    .map((document) => writtenDescription(document, file, lineCounter));
  if (descriptions.length === 0)
    throw new AlohaError("invalid-argument", `${file}: describes no application`);
  return descriptions;
}

function writtenDescription(
  document: Document.Parsed,
  file: string,
  lines: LineCounter,
): WrittenDescription {
  const root = document.contents;
  const place = (node: Node | null | undefined): string => {
    const offset = node?.range?.[0];
    return offset === undefined ? file : `${file}:${lines.linePos(offset).line}`;
  };
  if (!isMap(root)) {
    throw new AlohaError(
      "invalid-argument",
      `${place(root)}: an application is described by fields, such as \`name: x\``,
    );
  }
  const fields = plainValue(document, place(root));
  return { fields, locate: (path) => place(findNode(root, path)) };
}

function plainValue(document: Document.Parsed, place: string): Readonly<Record<string, unknown>> {
  try {
    // Bounds what aliases may grow into ("billion laughs").
    return document.toJS({ maxAliasCount: 100 }) as Record<string, unknown>;
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    throw new AlohaError("invalid-argument", `${place}: ${message}`, { cause: error });
  }
}

/** The node of the deepest part of `path` that is written; of a mapping's entry, its key. */
function findNode(root: Node, path: string): Node {
  if (path === "") return root;
  if (isMap(root)) {
    for (const pair of root.items) {
      if (!isScalar(pair.key)) continue;
      const name = String(pair.key.value);
      if (path !== name && !path.startsWith(`${name}.`) && !path.startsWith(`${name}[`)) continue;
      const rest = path.slice(name.length).replace(/^\./, "");
      if (rest === "" || !isNode(pair.value)) return pair.key;
      const inner = findNode(pair.value, rest);
      return inner === pair.value ? pair.key : inner;
    }
  }
  const item = /^\[(\d+)\]\.?/.exec(path);
  if (isSeq(root) && item !== null) {
    const node = root.items[Number(item[1])];
    if (isNode(node)) return findNode(node, path.slice(item[0].length));
  }
  return root;
}

function isEmptyScalar(node: Node): boolean {
  return isScalar(node) && node.value === null;
}
