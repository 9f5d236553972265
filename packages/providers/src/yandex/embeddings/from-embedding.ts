// What the service says of one text, as a vector.
import { BesedaError } from "@beseda/core";
import { fromInt64 } from "../int64.ts";

/** @throws BesedaError `bad-response` where there is no vector, or one of another length than was asked for */
export function fromEmbedding(body: unknown, dimensions: number | undefined): { embedding: number[]; tokens: number } {
  const { embedding, numTokens } = (body ?? {}) as { embedding?: unknown; numTokens?: unknown };
  if (!isVector(embedding)) throw noVector("without a vector");
  if (dimensions !== undefined && embedding.length !== dimensions) {
    throw noVector(`with ${embedding.length} numbers instead of ${dimensions}`);
  }
  return { embedding, tokens: fromInt64(numTokens) ?? 0 };
}

function isVector(value: unknown): value is number[] {
  return Array.isArray(value) && value.length > 0 && value.every((each) => Number.isFinite(each));
}

function noVector(how: string): BesedaError {
  return new BesedaError(`Yandex AI Studio answered ${how}.`, {
    code: "bad-response",
    hint: "Is the model one for embeddings (emb://…), and does it give vectors of this length?",
  });
}
