export { type EngineHarness, engineCases } from "./engine-cases.ts";
export { jobFilesCases } from "./job-files-cases.ts";
