// @beseda/jobs/bullmq: jobs for many workers on many machines.
export { bullmqEngine } from "./bullmq-engine.ts";
export type { BullmqEngineOptions } from "./bullmq-options.ts";
