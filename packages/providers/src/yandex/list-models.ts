// Which models there are: GET /v1/models.
import { requestJson } from "@beseda/core/http";
import { type ListedModel, listedModels } from "../openai-compatible/list-models.ts";
import type { YandexConnection } from "./connection/connection.ts";

/** By their whole URIs, those that were tuned in the folder among them: text, embeddings. In the order of the service. */
export async function listYandexModels(
  connection: YandexConnection,
  signal?: AbortSignal | undefined,
): Promise<ListedModel[]> {
  return listedModels(
    await requestJson(connection.request({ at: "openai", path: "/v1/models", quota: "models", signal })),
  );
}
