import type { ExplanationView } from "@aloha/api";
import type { CommandContext } from "../command-context.ts";
import { printable } from "./printable.ts";
import { renderTable } from "./render-table.ts";

/** The page of `aloha why ID`. */
export async function explanationPage(
  context: CommandContext,
  explanation: ExplanationView,
): Promise<string> {
  const { stdout } = context;
  const lines = [
    `${stdout.paint.state(printable(explanation.state))}  ${printable(explanation.summary)}\n`,
  ];
  if (explanation.position !== null) lines.push(`Position in the queue: ${explanation.position}\n`);
  if (explanation.canNeverFit) {
    lines.push("Add a larger worker, or submit it again with fewer cores or less memory.\n");
  }
  if (explanation.workers.length > 0) {
    lines.push("\n");
    lines.push(
      await renderTable(
        stdout,
        [{ title: "WORKER" }, { title: "WHY NOT" }],
        explanation.workers.map((worker) => [printable(worker.workerId), printable(worker.reason)]),
      ),
    );
  }
  return lines.join("");
}
