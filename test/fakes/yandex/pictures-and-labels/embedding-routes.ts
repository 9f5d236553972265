// The doors of the fake that turn texts into vectors, by their words.
import { type FakeRoute, type FakeState, Refusal } from "../fake-service.ts";
import { countTokens } from "../text/fake-tokenizer.ts";
import { readFields, type WireShape } from "../wire-fields.ts";
import { wordVector } from "./word-vector.ts";

export function embeddingRoutes(state: FakeState): FakeRoute[] {
  return [
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/textEmbedding$/,
      errors: "unary",
      quota: "embedding",
      isBilled: true,
      answer: ({ body }) => {
        const { modelUri, text = "", dim } = readFields<EmbeddingRequest>(body, embeddingRequest);
        const { embedding, tokens } = embed(state, { model: modelUri, text, dim });
        return { embedding, numTokens: `${tokens}`, modelVersion: "06.12.2023" };
      },
    },
    {
      method: "POST",
      path: /^\/v1\/embeddings$/,
      errors: "openai",
      quota: "embedding",
      isBilled: true,
      answer: ({ body }) => {
        const request = body as OpenaiEmbeddingRequest;
        const { model, input, encoding_format = "float", dimensions, ...unknown } = request;
        const [stray] = Object.keys(unknown);
        if (stray !== undefined && stray !== "user") throw new Refusal(3, `unknown field "${stray}"`);
        const texts = typeof input === "string" ? [input] : Array.isArray(input) ? input : [];
        // One text was recorded. Whether the service takes more is unverified, so nobody may build on it.
        if (texts.length !== 1 || typeof texts[0] !== "string") throw new Refusal(3, "input must be one text");
        if (encoding_format !== "float" && encoding_format !== "base64")
          throw new Refusal(3, "invalid encoding_format");
        if (dimensions !== undefined && !Number.isInteger(dimensions)) throw new Refusal(3, "invalid dimensions");
        const dim = dimensions === undefined ? undefined : BigInt(dimensions);
        const { embedding, tokens } = embed(state, { model, text: texts[0], dim });
        const written = encoding_format === "float" ? embedding : base64Of(embedding);
        return {
          object: "list",
          model,
          data: [{ index: 0, object: "embedding", embedding: written }],
          usage: { prompt_tokens: tokens, total_tokens: tokens },
        };
      },
    },
  ];
}

type EmbeddingRequest = { modelUri?: string; text?: string; dim?: bigint };

const embeddingRequest: WireShape = {
  name: "TextEmbeddingRequest",
  fields: { modelUri: "string", text: "string", dim: "int64" },
};

type OpenaiEmbeddingRequest = { model?: unknown; input?: unknown; encoding_format?: unknown; dimensions?: number };

type Asked = { model: unknown; text: string; dim: bigint | undefined };

/** Plain models give as many numbers as they are declared to, 256 unless told; tuned ones any of 1 … 1024, as if tuned for it. */
function embed(state: FakeState, { model, text, dim }: Asked): { embedding: number[]; tokens: number } {
  const { tune, context, mostDims } = state.models.find(model, "emb");
  if (text === "") throw new Refusal(3, "empty message text");
  const tokens = countTokens(text);
  if (tokens > context) throw new Refusal(3, `number of input tokens must be no more than ${context}, got ${tokens}`);
  const dimensions = Number(dim ?? 256n);
  const most = tune === undefined ? mostDims : 1_024;
  if (most === undefined ? dimensions !== 256 : dimensions < 1 || dimensions > most) {
    throw new Refusal(3, `dim ${dimensions} is not supported by the model`);
  }
  return { embedding: wordVector(text, dimensions), tokens };
}

function base64Of(embedding: readonly number[]): string {
  return Buffer.from(Float32Array.from(embedding).buffer).toString("base64");
}
