import { createHash } from "node:crypto";
import { AlohaError } from "@aloha/core/vocabulary";

/** The first part of a join token: what it is, and in which form. */
const prefix = "aloha-join-1.";
const secretBytes = 32;
const checkBytes = 4;

/** What a worker needs to join a cluster, as one word to be copied: its secret, and a check that nothing was cut off. */
export function encodeJoinToken(secret: Uint8Array): string {
  return prefix + Buffer.concat([secret, checkOf(secret)]).toString("base64url");
}

/** The secret that a join token holds. Throws AlohaError if it is none, or not whole; the message does not repeat it. */
export function decodeJoinToken(text: string): Uint8Array {
  const word = text.trim();
  if (!word.startsWith(prefix)) {
    throw new AlohaError(
      "invalid-argument",
      `--join takes a join token, which begins with ${prefix}: \`aloha init\` on the master's host prints it.`,
    );
  }
  const bytes = Buffer.from(word.slice(prefix.length), "base64url");
  const secret = bytes.subarray(0, secretBytes);
  if (
    bytes.length !== secretBytes + checkBytes ||
    !bytes.subarray(secretBytes).equals(checkOf(secret))
  ) {
    throw new AlohaError(
      "invalid-argument",
      "The join token is not whole: copy it again, from its beginning to its end.",
    );
  }
  return secret;
}

function checkOf(secret: Uint8Array): Buffer {
  return createHash("sha256").update(prefix).update(secret).digest().subarray(0, checkBytes);
}
