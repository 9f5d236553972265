// What came of a batch, in lines for people.
import { readFile } from "node:fs/promises";
import type { BatchResult } from "@beseda/jobs";
import { countText, durationText, moneyText, rowsText, shortCount } from "./progress-figures.ts";

export function summaryLines(result: BatchResult, causes: Readonly<Record<string, number>>): string[] {
  const { output, manifest, report, rows, answered, failed, usage, seconds } = result;
  const byCode = Object.entries(causes).map(([code, count]) => `${code} ${countText(count)}`);
  const why = byCode.length > 0 ? ` (${byCode.join(", ")})` : "";
  const counts = [`${countText(answered)} answered`, ...(failed > 0 ? [`${countText(failed)} failed${why}`] : [])];
  const tokens = `${shortCount(usage.inputTokens)} tokens in and ${shortCount(usage.outputTokens)} out`;
  const cost = usage.cost && Object.keys(usage.cost).length > 0 ? `, ${moneyText(usage.cost)}` : "";
  return [
    `${rowsText(rows)} in ${durationText(seconds)}: ${counts.join(", ")}.`,
    `${tokens}${usage.estimated ? " (estimated)" : ""}${cost}`,
    `output    ${output}`,
    `manifest  ${manifest}`,
    `report    ${report}`,
  ];
}

/** Failed rows by the code of their errors, out of the manifest. */
export async function failuresOf({ failed, manifest }: BatchResult): Promise<Readonly<Record<string, number>>> {
  if (failed === 0) return {};
  const { errors } = JSON.parse(await readFile(manifest, "utf8"));
  return errors;
}
