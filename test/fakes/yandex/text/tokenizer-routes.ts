// The tokenizer over the native API: of a text, and of a whole request as the model would get it. Free of charge.

import type { FakeRoute, FakeState } from "../fake-service.ts";
import { Refusal } from "../refusal.ts";
import { readFields, type WireShape } from "../wire-fields.ts";
import { readCompletion } from "./check-completion.ts";
import { type FakeToken, promptTokens, tokensOf } from "./fake-tokenizer.ts";
import { nativeTextModel } from "./native-text-model.ts";

const tokenizeShape: WireShape = {
  name: "yandex.cloud.ai.foundation_models.v1.TokenizeRequest",
  fields: { modelUri: "string", text: "string" },
};

export function tokenizerRoutes(state: FakeState): FakeRoute[] {
  return [
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/tokenize$/,
      errors: "unary",
      quota: "tokenizer",
      answer: ({ body }) => {
        const { modelUri, text = "" } = readFields<{ modelUri?: string; text?: string }>(body, tokenizeShape);
        nativeTextModel(state, modelUri);
        const { length } = Array.from(text);
        if (length > 100_000) {
          throw new Refusal(3, `text length is ${length}, which is outside the range (0, 100000]`);
        }
        return reply(tokensOf(text));
      },
    },
    {
      method: "POST",
      path: /^\/foundationModels\/v1\/tokenizeCompletion$/,
      errors: "unary",
      quota: "tokenizer",
      answer: ({ body }) => {
        const { request } = readCompletion(body, "completion");
        nativeTextModel(state, request.modelUri);
        return reply(promptTokens(request));
      },
    },
  ];
}

function reply(tokens: readonly FakeToken[]): object {
  return { tokens, modelVersion: "09.02.2025" };
}
