// What is counted by itself.

/** Each method of the service has a quota of its own. */
export type QuotaName =
  | "completion"
  | "completion-async"
  | "operation"
  | "tokenizer"
  | "embedding"
  | "classification"
  | "image"
  | "openai"
  | "models"
  | "responses";
