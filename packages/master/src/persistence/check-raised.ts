import { AlohaError, type ClusterRecord } from "@aloha/core";

/** Refuses to lead with what cannot be the answer to `raiseEpoch`: an engine of somebody's own may get it wrong, and P6 rests on it. */
export function checkRaised(cluster: ClusterRecord, nonce: string): ClusterRecord {
  const isSound =
    typeof cluster?.clusterId === "string" &&
    Number.isSafeInteger(cluster.epoch?.number) &&
    cluster.epoch.number >= 1 &&
    cluster.epoch.nonce === nonce &&
    Number.isSafeInteger(cluster.nextNumber) &&
    cluster.nextNumber >= 1;
  if (isSound) return cluster;
  throw new AlohaError(
    "store-failed",
    `The persistence engine raised the epoch to ${JSON.stringify(cluster)}, which is not a cluster record with the nonce ${nonce} that it was given.`,
  );
}
