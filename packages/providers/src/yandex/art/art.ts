// Pictures: YandexART, which paints in its own time, and the newer models behind the OpenAI-compatible API.
import { BesedaError, type ImageModel, throughOperation } from "@beseda/core";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { toModelUri } from "../model-uri.ts";
import { tailOf } from "../quirks.ts";
import { imageOperations } from "./image-operations.ts";
import { paintAtOnce } from "./openai-images.ts";
import { artQuirksFor } from "./quirks.ts";

export type YandexArtOptions = YandexSettings & {
  connection?: YandexConnection | undefined;
  /** Default `yandex-art/latest`. */
  model?: string | undefined;
  /** The service paints JPEGs only: this is to say so where a program chooses; anything else is refused. */
  mimeType?: "image/jpeg" | undefined;
  /** Where the model does not tell by its name: operations, or one call of the OpenAI-compatible API. */
  api?: "native" | "openai" | undefined;
  /** How soon an operation is asked after again. Each wait is half as long again, up to ten times this. Milliseconds, default 1,000. */
  pollMs?: number | undefined;
};

/**
 * A model of Yandex AI Studio that paints. A prompt has at most 500 characters (code points), all its parts together. A
 * picture takes seconds, at times hours; whoever wants to come back for it uses `operations`, keeping the id. A picture that
 * the service's moderation refuses is an error with the code `rejected`. Every accepted request is billed: none is sent again
 * where it may have been accepted, and `generate` whose signal is aborted cancels its operation.
 *
 * @throws BesedaError `invalid-argument` for what can be no model that paints
 */
export function yandexArt(options: YandexArtOptions = {}): ImageModel {
  const { model = "yandex-art/latest", mimeType = "image/jpeg", api, pollMs } = options;
  if (mimeType !== "image/jpeg") {
    throw new BesedaError(`Yandex AI Studio paints no ${mimeType}.`, {
      code: "invalid-argument",
      hint: "Leave mimeType out, and turn the image/jpeg into what you need.",
    });
  }
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "art", connection.folderId);
  const named = { provider: "yandex", modelId: tailOf(modelUri) };
  if (artQuirksFor(modelUri, { api }).api === "openai") {
    return { ...named, generate: (request, { signal } = {}) => paintAtOnce(connection, { modelUri, request, signal }) };
  }
  const operations = imageOperations(connection, modelUri);
  return {
    ...named,
    operations,
    generate: (request, { signal, onProgress } = {}) =>
      throughOperation(operations, request, { signal, pollMs, onProgress }),
  };
}
