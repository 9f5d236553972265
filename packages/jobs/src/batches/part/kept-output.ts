// The output of a part that is there before anything is asked: the part was done, and its job did not come to know of it, or
// its batch was called off then.
import { addUsage, type JobEngine, noUsage, toBesedaError } from "@beseda/core";
import type { PartResult, PartSpec } from "../batch.ts";
import { lostHint, resultLines } from "./result-lines.ts";

/**
 * What the part came to then. How many batches of the provider it took, the file does not say.
 * @throws BesedaError `damaged`
 */
export async function keptOutput(
  { files }: JobEngine,
  { output, rows }: Pick<PartSpec, "output" | "rows">,
): Promise<Omit<PartResult, "providerBatches"> | undefined> {
  if (!(await files.list(output)).includes(output)) return undefined;
  const result = { rows, finished: 0, failed: 0, usage: noUsage };
  try {
    for await (const results of resultLines(files, output, rows)) {
      for (const { error, usage } of results) {
        if (error) result.failed++;
        else result.finished++;
        result.usage = addUsage(result.usage, usage);
      }
    }
  } catch (thrown) {
    const error = toBesedaError(thrown);
    throw error.code === "damaged" ? error.with({ hint: lostHint(rows) }) : thrown;
  }
  return result;
}

/** Somebody has gone on after it was told. */
export async function dropDamagedOutput(engine: JobEngine, spec: Pick<PartSpec, "output" | "rows">): Promise<void> {
  try {
    await keptOutput(engine, spec);
  } catch (thrown) {
    if (toBesedaError(thrown).code !== "damaged") throw thrown;
    await engine.files.delete(spec.output);
  }
}
