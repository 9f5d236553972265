// The port for the model's own way of counting.
import type { ModelRequest } from "./language-model.ts";

export type Token = {
  id: number;
  text: string;
  /** A mark of the model's template, no text of anybody. */
  isSpecial: boolean;
};

export interface Tokenizer {
  readonly modelId: string;
  tokenize(text: string, options?: { signal?: AbortSignal | undefined }): Promise<Token[]>;
  /** Everything that the model reads of a request, its template included: the input tokens that it will be billed for. */
  tokenizeRequest(request: ModelRequest, options?: { signal?: AbortSignal | undefined }): Promise<Token[]>;
}
