// The port for models that turn texts into vectors, by which what means the same can be found.
import type { Usage } from "../message.ts";

export type EmbeddingOptions = {
  /** Some models put questions and the passages that answer them into vectors in different ways. Default `document`. */
  purpose?: "document" | "query" | undefined;
  signal?: AbortSignal | undefined;
};

/** In the order of the texts. */
export type Embeddings = { embeddings: number[][]; usage: Usage };

export interface EmbeddingModel {
  readonly provider: string;
  readonly modelId: string;
  embed(texts: readonly string[], options?: EmbeddingOptions): Promise<Embeddings>;
}
