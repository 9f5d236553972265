// The doors of the fake that paint: operations of the native API, one call of the OpenAI-compatible one.
import { createHash } from "node:crypto";
import { type FakeRoute, type FakeState, Refusal } from "../fake-service.ts";
import { readFields, type WireShape } from "../wire-fields.ts";
import { greyJpeg } from "./grey-jpeg.ts";

/** A prompt with one of these words is refused when it is asked for (`forbidden`) or in the operation (`improper`). */
const moderated = { atStart: /\bforbidden\b|запрещ/iu, inOperation: /\bimproper\b|неприлич/iu };

export function imageRoutes(state: FakeState): FakeRoute[] {
  return [
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/imageGenerationAsync$/,
      errors: "unary",
      quota: "image",
      isBilled: true,
      answer: ({ body }) => {
        const request = readFields<ImageRequest>(body, imageRequest);
        const { context } = state.models.find(request.modelUri, "art");
        const prompt = checkPrompt(request.messages, context);
        checkOptions(request.generationOptions);
        return state.operations.begin({
          prefix: "fbv",
          hasTimes: false,
          response: () => {
            if (moderated.inOperation.test(prompt)) throw refusedPicture();
            const image = paint({ prompt, ...seenIn(request.generationOptions) });
            return { "@type": imageResponse, image, modelVersion: "" };
          },
        });
      },
    },
    {
      method: "POST",
      path: /^\/v1\/images\/generations$/,
      errors: "openai",
      quota: "image",
      isBilled: true,
      answer: ({ body }) => {
        const { model, prompt, size, n, response_format } = readFields<OpenaiImageRequest>(body, openaiImageRequest);
        checkPrompt([{ text: prompt }], state.models.find(model, "art").context);
        if (size !== undefined && !/^(1024x1024|1024x1536|1536x1024)$/.test(size)) throw new Refusal(3, "invalid size");
        if (n !== undefined && n !== 1n) throw new Refusal(3, "n must be 1");
        if (response_format !== undefined && response_format !== "b64_json") {
          throw new Refusal(3, "response_format must be b64_json");
        }
        if (moderated.inOperation.test(prompt ?? "")) throw refusedPicture();
        const [width = 1024, height = 1024] = (size ?? "").split("x").filter(Boolean).map(Number);
        const b64_json = paint({ prompt: prompt ?? "", width, height });
        return { created: Math.floor(state.clock.now() / 1000), data: [{ b64_json }] };
      },
    },
  ];
}

const imageResponse =
  "type.googleapis.com/yandex.cloud.ai.foundation_models.v1.image_generation.ImageGenerationResponse";

type ImageRequest = {
  modelUri?: string;
  messages?: { text?: string; weight?: number }[];
  generationOptions?: {
    mimeType?: string;
    seed?: bigint;
    aspectRatio?: { widthRatio?: bigint; heightRatio?: bigint };
  };
};

const aspectRatio: WireShape = { name: "AspectRatio", fields: { widthRatio: "int64", heightRatio: "int64" } };
const imageRequest: WireShape = {
  name: "ImageGenerationRequest",
  fields: {
    modelUri: "string",
    messages: { list: { message: { name: "Message", fields: { text: "string", weight: "double" } } } },
    generationOptions: {
      message: {
        name: "ImageGenerationOptions",
        fields: { mimeType: "string", seed: "int64", aspectRatio: { message: aspectRatio } },
      },
    },
  },
};

type OpenaiImageRequest = { model?: string; prompt?: string; size?: string; n?: bigint; response_format?: string };

const openaiImageRequest: WireShape = {
  name: "images",
  fields: { model: "string", prompt: "string", size: "string", n: "int64", response_format: "string" },
};

function checkPrompt(messages: readonly { text?: string | undefined }[] = [], most: number): string {
  const texts = messages.map(({ text = "" }) => text);
  if (texts.length === 0 || texts.includes("")) throw new Refusal(3, "empty message text");
  const length = texts.reduce((sum, text) => sum + Array.from(text).length, 0);
  if (length > most) throw new Refusal(3, `text length is ${length}, which is outside the range (0, ${most}]`);
  const prompt = texts.join("\n");
  if (moderated.atStart.test(prompt)) throw refusedPicture();
  return prompt;
}

function checkOptions({ mimeType, seed, aspectRatio }: NonNullable<ImageRequest["generationOptions"]> = {}): void {
  if (mimeType !== undefined && mimeType !== "image/jpeg") throw new Refusal(3, `Unsupported mime type ${mimeType}`);
  if (seed !== undefined && seed < 0n) throw new Refusal(3, "seed must not be negative");
  const { widthRatio = 1n, heightRatio = 1n } = aspectRatio ?? {};
  if (widthRatio <= 0n || heightRatio <= 0n) throw new Refusal(3, "aspect ratio must be positive");
}

function refusedPicture(): Refusal {
  return new Refusal(
    3,
    "it is not possible to generate an image from this request because it may violate the terms of use",
  );
}

/** About as many pixels as 1024 by 1024 has, in steps of 32; the service's own table is not known. */
function seenIn({ seed, aspectRatio }: NonNullable<ImageRequest["generationOptions"]> = {}) {
  const ratio = Number(aspectRatio?.widthRatio ?? 1n) / Number(aspectRatio?.heightRatio ?? 1n);
  const side = (length: number) => Math.min(8_192, Math.max(32, Math.round(length / 32) * 32));
  return { seed, width: side(1_024 * Math.sqrt(ratio)), height: side(1_024 / Math.sqrt(ratio)) };
}

type Painting = { prompt: string; seed?: bigint | undefined; width: number; height: number };

/** All of one grey, the same for the same prompt and seed; without a seed another one each time. */
function paint({ prompt, seed = 0n, width, height }: Painting): string {
  const salt = seed === 0n ? crypto.randomUUID() : seed;
  const [first = 0] = createHash("sha256").update(`${salt} ${prompt}`).digest();
  return greyJpeg({ width, height, shade: first / 256 }).toString("base64");
}
