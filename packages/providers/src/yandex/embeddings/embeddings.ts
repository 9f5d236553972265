// Embeddings: one model for what is stored, one for what is asked.
import { BesedaError, type EmbeddingModel } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { wellFormedJson } from "../../wire-text.ts";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { toModelUri } from "../model-uri.ts";
import { embeddingCost } from "../prices/cost.ts";
import { tailOf } from "../quirks.ts";
import { fromEmbedding } from "./from-embedding.ts";
import { inTurns } from "./in-turns.ts";

export type YandexEmbeddingsOptions = YandexSettings & {
  connection?: YandexConnection | undefined;
  /** Of the purpose `document`. Default `text-search-doc/latest`; a tuned one, `text-embeddings/latest@tamr…`, may do for both. */
  document?: string | undefined;
  /** Of the purpose `query`. Default `text-search-query/latest`. */
  query?: string | undefined;
  /** How long the vectors are, for models that give several lengths. Without it the model's own, 256 for those above. */
  dimensions?: number | undefined;
  /** The service takes one text at a time: so many are under way at once. Default 4. */
  concurrency?: number | undefined;
};

/**
 * An embedding model of Yandex AI Studio. A text has at most about 2,000 tokens. Vectors of the two models can be
 * compared with each other.
 * @throws BesedaError `invalid-argument` for what cannot be a model, a length or a number of calls
 */
export function yandexEmbeddings(options: YandexEmbeddingsOptions = {}): EmbeddingModel {
  const { document = "text-search-doc/latest", query = "text-search-query/latest", dimensions } = options;
  const { concurrency = 4 } = options;
  const connection = connectionOf(options);
  const uris = {
    document: toModelUri(document, "emb", connection.folderId),
    query: toModelUri(query, "emb", connection.folderId),
  };
  if (dimensions !== undefined) checkCount("dimensions", dimensions);
  checkCount("concurrency", concurrency);

  async function embedOne(modelUri: string, text: string, signal: AbortSignal) {
    const body = wellFormedJson({ modelUri, text, ...(dimensions !== undefined && { dim: String(dimensions) }) });
    const path = "/foundationModels/v1/textEmbedding";
    const request = connection.request({ at: "llm", path, body, quota: "embedding", signal });
    return fromEmbedding(await requestJson(request), dimensions);
  }

  return {
    provider: "yandex",
    modelId: tailOf(uris.document),
    async embed(texts, { purpose = "document", signal } = {}) {
      checkTexts(texts);
      const embedded = await inTurns(texts, { concurrency, signal }, (text, stop) =>
        embedOne(uris[purpose], text, stop),
      );
      const tokens = embedded.reduce((sum, each) => sum + each.tokens, 0);
      const cost = embeddingCost({ prices: connection.prices, modelUri: uris[purpose], tokens });
      return {
        embeddings: embedded.map(({ embedding }) => embedding),
        usage: { inputTokens: tokens, outputTokens: 0, totalTokens: tokens, ...(cost && { cost }) },
      };
    },
  };
}

function checkCount(name: string, count: number): void {
  if (Number.isSafeInteger(count) && count > 0) return;
  throw new BesedaError(`${count} cannot be the ${name}.`, {
    code: "invalid-argument",
    hint: `Give a whole number above 0 as ${name}, or leave it out.`,
  });
}

function checkTexts(texts: readonly string[]): void {
  const empty = texts.findIndex((text) => text.trim() === "");
  if (empty === -1) return;
  throw new BesedaError(`Text ${empty + 1} of ${texts.length} is empty: nothing was sent.`, {
    code: "invalid-argument",
    hint: "Leave empty texts out: there is nothing in them to be found by.",
  });
}
