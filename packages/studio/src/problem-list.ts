// What is wrong with the rows of a dataset, told as it is found: a line each, or one JSON object for all.
import { writeJsonText, writeLines } from "./write-lines.ts";

export type RowProblem = { row: number; line?: number | undefined; problem: string };

/** Nothing is kept, however many there are. */
export class ProblemList {
  readonly #form: "lines" | "json";
  #count = 0;
  #pending: string[] = [];
  #isBegun = false;

  constructor(form: "lines" | "json") {
    this.#form = form;
  }

  get count(): number {
    return this.#count;
  }

  add(problem: RowProblem): void {
    this.#count++;
    this.#pending.push(this.#form === "json" ? JSON.stringify({ level: "error", ...problem }) : lineOf(problem));
  }

  /** Writes what has come since the last time. */
  flush(): void {
    if (this.#pending.length === 0) return;
    if (this.#form === "lines") writeLines(this.#pending);
    else writeJsonText(`${this.#isBegun ? "," : '{"problems":['}${this.#pending.join(",")}`);
    this.#isBegun = true;
    this.#pending = [];
  }

  /** @param summary the other fields of the object */
  end(summary: Readonly<Record<string, unknown>>, conclusion: string): void {
    this.flush();
    if (this.#form === "lines") writeLines([conclusion]);
    else writeJsonText(`${this.#isBegun ? "" : '{"problems":['}],${JSON.stringify(summary).slice(1)}\n`);
  }
}

function lineOf({ row, line, problem }: RowProblem): string {
  return `error: row ${row}${line === undefined ? "" : ` (line ${line})`}: ${problem}`;
}
