// Everything of the fake that is reached over gRPC, and the object storage beside it: what a server with `grpc: true` has.
import type { FakeRoute, FakeState } from "../fake-service.ts";
import { FakeStorage } from "../storage.ts";
import { storageRoutes } from "../storage-routes.ts";
import { batchMethods } from "./batch-methods.ts";
import { FakeBatches } from "./batches.ts";
import { datasetMethods } from "./dataset-methods.ts";
import { FakeDatasets } from "./datasets.ts";
import { endpointMethods } from "./endpoint-methods.ts";
import { type GrpcAddresses, startGrpcServer } from "./grpc-server.ts";
import { restMethods } from "./rest-methods.ts";
import { tuningMethods } from "./tuning-methods.ts";
import { FakeTunings } from "./tunings.ts";

/** `server.grpc`: where it is, and what tests change while it runs. */
export type YandexGrpc = GrpcAddresses & {
  readonly storage: FakeStorage;
  readonly datasets: FakeDatasets;
  readonly tunings: FakeTunings;
  readonly batches: FakeBatches;
};

type RestServer = { origin: string; routes: readonly FakeRoute[] };

/**
 * `routes` are for the REST server: its port is the storage's too. When it listens, `start` is told where, for presigned
 * addresses, and what it serves, for methods that both doors have.
 */
export function yandexGrpc(state: FakeState): {
  routes: FakeRoute[];
  start(rest: RestServer): Promise<YandexGrpc & { close(): void }>;
} {
  const storage = new FakeStorage(state.clock);
  const datasets = new FakeDatasets(state, storage);
  const tunings = new FakeTunings(state, storage, datasets);
  const batches = new FakeBatches(state, datasets);
  return {
    routes: storageRoutes(storage),
    start: async ({ origin, routes }) => {
      storage.servedAt(origin);
      let own = "";
      const server = await startGrpcServer(state, {
        ...restMethods(routes),
        ...endpointMethods(() => own),
        ...datasetMethods(state, datasets),
        ...tuningMethods(state, tunings),
        ...batchMethods(state, batches),
      });
      own = server.secure;
      return { storage, datasets, tunings, batches, ...server };
    },
  };
}
