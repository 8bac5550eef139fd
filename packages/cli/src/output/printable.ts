/**
 * Control characters, and those that turn the direction of text, written as \uXXXX: a name or a
 * message must not repaint the terminal, forge a line or change the clipboard. Everything that comes
 * from a master goes through here, except the output of applications, which is theirs.
 */
export function printable(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
