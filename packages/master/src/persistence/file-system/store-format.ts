/**
 * The versions of the store's format that this version of Aloha reads. It goes on writing the one that it finds, so that
 * the version before can be started again; only a store that it makes itself gets the newest.
 */
export interface StoreFormats {
  readonly oldest: number;
  readonly newest: number;
}

export const storeFormats: StoreFormats = { oldest: 1, newest: 1 };

/** Why a store of this format must not be touched, as a sentence that says what to do; null if it may. */
export function formatRefusal(
  version: number,
  directory: string,
  formats: StoreFormats = storeFormats,
): string | null {
  if (version > formats.newest)
    return `The store in ${directory} was written by a newer version of Aloha (format ${version}; this version reads up to ${formats.newest}). Start that version again, or choose another recovery directory.`;
  if (version < formats.oldest)
    return `The store in ${directory} was written by a version of Aloha that is too old (format ${version}; this version reads from ${formats.oldest} on). Start a version in between first, which upgrades it.`;
  return null;
}
