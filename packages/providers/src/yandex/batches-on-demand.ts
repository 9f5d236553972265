// Batches go over gRPC: the code for that is loaded by the first who uses them.
import type { ModelBatches } from "@beseda/core";

/** The same as what `load` gives, which is called once. Rows of the service are texts: they have no tools. */
export function batchesOnDemand(load: () => Promise<ModelBatches>): ModelBatches {
  let loading: Promise<ModelBatches> | undefined;
  const batches = () => {
    loading ??= load();
    return loading;
  };
  return {
    tools: false,
    start: async (requests, options) => (await batches()).start(requests, options),
    poll: async (id, options) => (await batches()).poll(id, options),
    cancel: async (id, options) => (await batches()).cancel(id, options),
    async *replies(id, requests, options) {
      yield* (await batches()).replies(id, requests, options);
    },
  };
}
