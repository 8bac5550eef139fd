/** What `clean()` of an application may take. */
export const CLEAN_MS_MAX = 10_000;
