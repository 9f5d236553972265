export type { EvalAnswer, EvalCall, EvalCase, ExpectedCall, Score, Scorer } from "./eval-case.ts";
export { type EvalOptions, type EvaluatedAgent, evaluate } from "./evaluate.ts";
export { formatTable } from "./format-table.ts";
export { type JudgeOptions, judge } from "./judge.ts";
export type { EvalReport, EvalResult } from "./report.ts";
export { exact, schema, toolCall } from "./scorers.ts";
