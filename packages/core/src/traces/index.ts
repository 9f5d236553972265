export type { MetricNames } from "./gen-ai-names.ts";
export { type TracedAgent, type TraceOptions, traceAgent } from "./trace-agent.ts";
export { tracedTools } from "./traced-tools.ts";
