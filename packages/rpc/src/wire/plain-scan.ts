/** What a scan found: a plain value, one that holds a reference, or why it is refused. */
export const SCAN = {
  plain: 0,
  withReference: 1,
  truncated: -1,
  trailing: -2,
  tooDeep: -3,
  notPlain: -4,
  keyNotText: -5,
  forbiddenKey: -6,
} as const;

export const SCAN_PROBLEMS: Readonly<Record<number, string>> = {
  [SCAN.truncated]: "its bytes end too early",
  [SCAN.trailing]: "bytes follow its end",
  [SCAN.tooDeep]: "it is nested too deeply",
  [SCAN.notPlain]:
    "it holds something other than plain values (dates, classes and extensions do not travel)",
  [SCAN.keyNotText]: "an object's key is not text",
  [SCAN.forbiddenKey]: 'an object has the key "__proto__"',
};

/** Levels of arrays and objects. */
export const VALUE_DEPTH_MAX = 64;

/** The key that marks a reference; see codec.ts. */
export const REFERENCE_KEY = "$ref";

const PROTO_KEY = Buffer.from("__proto__");
const REFERENCE_KEY_BYTES = Buffer.from(REFERENCE_KEY);

let source: Uint8Array = new Uint8Array(0);
let limit = 0;
let foundReference = false;

/**
 * Walks over a MessagePack value without making anything of it, and refuses whatever is not a plain
 * value: extensions (which a decoder may turn into classes, expressions or code), keys that reach a
 * prototype, depth, and lengths that the bytes do not bear out. MessagePack: https://github.com/msgpack/msgpack/blob/master/spec.md
 */
export function scanPlain(bytes: Uint8Array, start: number, end: number): number {
  source = bytes;
  limit = end;
  foundReference = false;
  const after = skipValue(start, 0);
  source = PROTO_KEY;
  if (after < 0) return after;
  if (after !== end) return SCAN.trailing;
  return foundReference ? SCAN.withReference : SCAN.plain;
}

/** Gives the position after the value at `position`, or one of the negative results. */
function skipValue(position: number, depth: number): number {
  if (position >= limit) return SCAN.truncated;
  const token = source[position]!;
  if (token < 0x80 || token >= 0xe0) return position + 1;
  if (token < 0x90) return skipMap(position + 1, token & 0x0f, depth);
  if (token < 0xa0) return skipArray(position + 1, token & 0x0f, depth);
  if (token < 0xc0) return within(position + 1 + (token & 0x1f));
  return skipLong(token, position + 1, depth);
}

function skipLong(token: number, position: number, depth: number): number {
  switch (token) {
    case 0xc0: // nil
    case 0xc2: // false
    case 0xc3: // true
      return position;
    case 0xcc: // uint 8
    case 0xd0: // int 8
      return within(position + 1);
    case 0xcd: // uint 16
    case 0xd1: // int 16
      return within(position + 2);
    case 0xca: // float 32
    case 0xce: // uint 32
    case 0xd2: // int 32
      return within(position + 4);
    case 0xcb: // float 64
    case 0xcf: // uint 64
    case 0xd3: // int 64
      return within(position + 8);
    case 0xc4: // bin 8
    case 0xd9: // str 8
      return skipSized(position, 1);
    case 0xc5: // bin 16
    case 0xda: // str 16
      return skipSized(position, 2);
    case 0xc6: // bin 32
    case 0xdb: // str 32
      return skipSized(position, 4);
    case 0xdc: // array 16
    case 0xdd: // array 32
    case 0xde: // map 16
    case 0xdf: // map 32
      return skipCollection(token, position, depth);
    case 0xd4: // fixext 1: only type 0 with data 0, which is how `undefined` is written
      if (position + 2 > limit) return SCAN.truncated;
      return source[position] === 0 && source[position + 1] === 0 ? position + 2 : SCAN.notPlain;
    default:
      return SCAN.notPlain;
  }
}

function within(position: number): number {
  return position <= limit ? position : SCAN.truncated;
}

function readLength(position: number, width: number): number {
  let length = 0;
  for (let index = 0; index < width; index++) length = length * 256 + source[position + index]!;
  return length;
}

function skipSized(position: number, width: number): number {
  if (position + width > limit) return SCAN.truncated;
  return within(position + width + readLength(position, width));
}

function skipCollection(token: number, position: number, depth: number): number {
  const width = token === 0xdc || token === 0xde ? 2 : 4;
  if (position + width > limit) return SCAN.truncated;
  const count = readLength(position, width);
  return token < 0xde
    ? skipArray(position + width, count, depth)
    : skipMap(position + width, count, depth);
}

function skipArray(start: number, count: number, depth: number): number {
  if (depth >= VALUE_DEPTH_MAX) return SCAN.tooDeep;
  let position = start;
  for (let index = 0; index < count; index++) {
    position = skipValue(position, depth + 1);
    if (position < 0) return position;
  }
  return position;
}

function skipMap(start: number, count: number, depth: number): number {
  if (depth >= VALUE_DEPTH_MAX) return SCAN.tooDeep;
  let position = start;
  for (let index = 0; index < count; index++) {
    position = skipKey(position);
    if (position < 0) return position;
    position = skipValue(position, depth + 1);
    if (position < 0) return position;
  }
  return position;
}

function skipKey(position: number): number {
  if (position >= limit) return SCAN.truncated;
  const token = source[position]!;
  let width = 0;
  if (token === 0xd9) width = 1;
  else if (token === 0xda) width = 2;
  else if (token === 0xdb) width = 4;
  else if (token < 0xa0 || token >= 0xc0) return SCAN.keyNotText;
  if (position + 1 + width > limit) return SCAN.truncated;
  const length = width === 0 ? token & 0x1f : readLength(position + 1, width);
  const start = position + 1 + width;
  const end = start + length;
  if (end > limit) return SCAN.truncated;
  if (length === 9 && equals(PROTO_KEY, start)) return SCAN.forbiddenKey;
  if (length === 4 && equals(REFERENCE_KEY_BYTES, start)) foundReference = true;
  return end;
}

function equals(key: Uint8Array, start: number): boolean {
  for (let index = 0; index < key.length; index++) {
    if (source[start + index] !== key[index]) return false;
  }
  return true;
}
