// What is wrong with a cell that is to be written, before it is known which one it is.
import { BesedaError } from "@beseda/core";

/** Such as `a text is wanted, and it is a list`. */
export class CellProblem extends Error {}

/** @returns what somebody is told who writes rows */
export function wrongCell({ message }: CellProblem, row: number, column: string): BesedaError {
  return new BesedaError(`Row ${row}, column “${column}”: ${message}.`, {
    code: "invalid-argument",
    hint: "Correct the row, or give the column a type that holds all of its cells, such as json.",
  });
}
