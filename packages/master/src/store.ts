/** For programs that look after a store while no master, or another process, uses it. */
export { backupStore, type StoreBackup } from "./persistence/file-system/backup-store.ts";
export type { StoreReport } from "./persistence/file-system/check-store.ts";
export { copyStoreDirectory } from "./persistence/file-system/copy-directory.ts";
export type { CopiedStore } from "./persistence/copy-store.ts";
export { restoreStore } from "./persistence/file-system/restore-store.ts";
export { verifyStore } from "./persistence/file-system/verify-store.ts";
