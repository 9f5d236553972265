// What all workers of a fleet have to know alike: agent, server and files.
import { Agent, type JobEngine, type JobFiles } from "@beseda/core";
import { directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

export type FleetPlace = {
  connection: string;
  prefix: string;
  /** Of the files. */
  folder: string;
  leaseMs: number;
  modelUrl: string;
};

/** `name` is that of the worker: by it the ledger of the model server tells them apart. */
export function fleetAgent({ modelUrl }: FleetPlace, name: string): Agent {
  return new Agent({
    name: "clerk",
    model: openaiCompatible({ baseURL: modelUrl, model: "test-model", apiKey: name }),
  });
}

export function fleetFiles({ folder }: FleetPlace): JobFiles {
  return directoryFiles(folder);
}

export function fleetEngine({ connection, prefix, leaseMs }: FleetPlace, files: JobFiles): JobEngine {
  return bullmqEngine({ connection, prefix, files, leaseMs });
}
