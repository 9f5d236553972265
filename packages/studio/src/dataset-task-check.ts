// Whether rows are as Yandex AI Studio wants those of a task, whatever the format of their file.
import { BesedaError } from "@beseda/core";
import type { Row } from "@beseda/jobs/datasets";

/** What is wrong with a row; rows come in their order, each once. @throws BesedaError for a type that is not known */
export async function taskCheck(type: string): Promise<(row: Row) => string | undefined> {
  await checkTaskType(type);
  const { rowCheck } = await import("@beseda/providers/yandex/grpc");
  const check = rowCheck(type);
  // Where every row has the same columns, null says that there is nothing.
  return ({ cells }) => check.problem(Object.fromEntries(Object.entries(cells).filter(([, cell]) => cell !== null)));
}

/** @throws BesedaError `invalid-argument` for one that is not known */
export async function checkTaskType(type: string): Promise<void> {
  const { datasetTaskTypes } = await import("@beseda/providers/yandex/grpc");
  if ((datasetTaskTypes as readonly string[]).includes(type)) return;
  throw new BesedaError(`The rows of “${type}” are not known here.`, {
    code: "invalid-argument",
    hint: `Give --type one of ${datasetTaskTypes.join(", ")}.`,
  });
}
