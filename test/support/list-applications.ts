import type { ApplicationPage, ApplicationSummary } from "@aloha/api";
import type { Cluster } from "./cluster.ts";

/** Every application of a cluster, oldest first, over all pages; `query` filters, such as `state=ended`. */
export async function listApplications(
  cluster: Cluster,
  query = "",
): Promise<readonly ApplicationSummary[]> {
  const found: ApplicationSummary[] = [];
  let cursor: string | null = "";
  while (cursor !== null) {
    const from: string = cursor === "" ? "" : `&cursor=${cursor}`;
    const answer = await cluster.get(`/api/v1/applications?limit=1000&${query}${from}`);
    if (answer.status !== 200) throw new Error(`no list: ${answer.status} ${answer.text}`);
    const page = answer.json<ApplicationPage>();
    found.push(...page.applications);
    cursor = page.nextCursor;
  }
  return found.reverse();
}
