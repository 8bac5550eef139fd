import type { FileHandle } from "node:fs/promises";

export interface MetaPages {
  /** How long the file says it is. */
  readonly bytes: number;
}

/**
 * LMDB keeps two meta pages at the beginning of its file, the newer one counts (lmdb.h, mdb.c: MDB_meta in the
 * 64-bit layout with a page header of 24 bytes that the library builds).
 */
const offsets = { magic: 24, pageSize: 48, lastPage: 144, transaction: 152, end: 160 } as const;
const magic = 0xbeefc0de;
const pageSizes: ReadonlySet<number> = new Set([4096, 8192, 16_384, 32_768, 65_536]);

/** What the meta pages of an LMDB file say; undefined if neither can be read. */
export async function readMetaPages(file: FileHandle): Promise<MetaPages | undefined> {
  const first = await readMeta(file, 0);
  // Where the first is damaged its page size is unknown: the second lies at one of these places.
  const places = first === undefined ? [...pageSizes] : [first.pageSize];
  let newest = first;
  for (const place of places) {
    const second = await readMeta(file, place);
    if (second !== undefined && (newest === undefined || second.transaction > newest.transaction))
      newest = second;
  }
  return newest === undefined ? undefined : { bytes: (newest.lastPage + 1) * newest.pageSize };
}

async function readMeta(
  file: FileHandle,
  position: number,
): Promise<
  { readonly pageSize: number; readonly lastPage: number; readonly transaction: bigint } | undefined
> {
  const buffer = Buffer.alloc(offsets.end);
  const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
  if (bytesRead < offsets.end || buffer.readUInt32LE(offsets.magic) !== magic) return undefined;
  const pageSize = buffer.readUInt32LE(offsets.pageSize);
  if (!pageSizes.has(pageSize)) return undefined;
  return {
    pageSize,
    lastPage: Number(buffer.readBigUInt64LE(offsets.lastPage)),
    transaction: buffer.readBigUInt64LE(offsets.transaction),
  };
}
