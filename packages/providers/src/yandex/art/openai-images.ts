// The pictures of the OpenAI-compatible API: one call, one picture. No page of the service describes it: after reports of users.
import { BesedaError, type GeneratedImage, type ImageRequest } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { wellFormedJson } from "../../wire-text.ts";
import type { YandexConnection } from "../connection/connection.ts";
import { sentOnce } from "../connection/sent-once.ts";
import { imageCost } from "../prices/cost.ts";
import { jpegFrom } from "./jpeg-from.ts";
import { promptParts, readAspectRatio } from "./to-image-request.ts";

/** Those that were reported, and the one that lies across. */
const sizes: Readonly<Record<string, string>> = { "1:1": "1024x1024", "2:3": "1024x1536", "3:2": "1536x1024" };

/** @throws BesedaError `unsupported` for what this API cannot be told: seeds, weights, other proportions */
function toOpenaiImageRequest({ prompt, seed, aspectRatio = "1:1" }: ImageRequest, model: string): string {
  const parts = promptParts(prompt);
  if (seed !== undefined) throw unsupported("seeds", "Leave the seed out");
  if (parts.some(({ weight = 1 }) => weight !== 1)) throw unsupported("weights", "Say in words what matters most");
  const { width, height } = readAspectRatio(aspectRatio);
  const size = sizes[`${width}:${height}`];
  if (!size) throw unsupported(`aspect ratio ${aspectRatio}`, `Take one of ${Object.keys(sizes).join(", ")}`);
  const text = parts.map((part) => part.text).join(", ");
  return wellFormedJson({ model, prompt: text, size, response_format: "b64_json" });
}

/** What is not sure to have been accepted is not sent again: see `sentOnce`. */
export async function paintAtOnce(
  connection: YandexConnection,
  { modelUri, request, signal }: { modelUri: string; request: ImageRequest; signal: AbortSignal | undefined },
): Promise<GeneratedImage> {
  const body = toOpenaiImageRequest(request, modelUri);
  const call = connection.request({ at: "openai", path: "/v1/images/generations", body, quota: "image", signal });
  // Painted while we wait.
  const reply = await requestJson({ ...sentOnce(call), replyMs: 300_000 });
  const { data } = (reply ?? {}) as { data?: unknown };
  const [first] = Array.isArray(data) ? (data as ({ b64_json?: unknown } | null)[]) : [];
  const cost = imageCost({ prices: connection.prices, modelUri });
  return { bytes: jpegFrom(first?.b64_json), mediaType: "image/jpeg", ...(cost && { cost }) };
}

function unsupported(what: string, instead: string): BesedaError {
  return new BesedaError(`The OpenAI-compatible API for pictures knows no ${what}: nothing was sent.`, {
    code: "unsupported",
    hint: `${instead}, or ask yandex-art/latest.`,
  });
}
