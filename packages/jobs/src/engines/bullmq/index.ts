// @beseda/jobs/bullmq: jobs for many workers on many machines.
export { type BullmqEngineOptions, bullmqEngine } from "./bullmq-engine.ts";
