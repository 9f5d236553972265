// The model's own way of counting: asked of the service, which counts for nothing.
import { BesedaError, type Token, type Tokenizer } from "@beseda/core";
import { requestJson } from "@beseda/core/http";
import { wellFormedJson } from "../../wire-text.ts";
import { charactersAbove } from "../checked-request.ts";
import type { YandexConnection, YandexSettings } from "../connection/connection.ts";
import { connectionOf } from "../connection/connection-of.ts";
import { fromInt64 } from "../int64.ts";
import { toModelUri } from "../model-uri.ts";
import { completionBody } from "../native/to-completion-request.ts";
import { quirksFor, tailOf } from "../quirks.ts";

export type YandexTokenizerOptions = YandexSettings & { connection?: YandexConnection | undefined };

/**
 * The tokenizer of a model; that of models that are not Yandex's own is not sure to be there. Free of charge, 50 calls a
 * second. `tokenizeRequest` is exact before a single request: `contextTokens` of a model uses it.
 *
 * Windows of a thread count message by message and cannot wait, so they estimate. To make the estimate fit a language and
 * a model, count once what is typical and give the ratio to the window:
 * `tokenBudget(8_000, { count: (message) => messageTokens(message) * ratio })`.
 *
 * @throws BesedaError `invalid-argument` for what can be no model
 */
export function yandexTokenizer(model = "yandexgpt/latest", options: YandexTokenizerOptions = {}): Tokenizer {
  const connection = connectionOf(options);
  const modelUri = toModelUri(model, "gpt", connection.folderId);
  const quirks = quirksFor(modelUri);
  async function count(method: string, body: string, signal: AbortSignal | undefined): Promise<Token[]> {
    const path = `/foundationModels/v1/${method}`;
    return fromTokens(await requestJson(connection.request({ at: "llm", path, body, quota: "tokenizer", signal })));
  }
  return {
    modelId: tailOf(modelUri),
    async tokenize(text, { signal } = {}) {
      const tooMany = charactersAbove(text, quirks.longestText);
      if (tooMany !== undefined) throw tooLong(tooMany, quirks.longestText);
      // Of no text the service may say that it is none.
      return text === "" ? [] : count("tokenize", wellFormedJson({ modelUri, text }), signal);
    },
    tokenizeRequest: async (request, { signal } = {}) =>
      count("tokenizeCompletion", completionBody(request, { modelUri, quirks }), signal),
  };
}

function fromTokens(body: unknown): Token[] {
  const { tokens } = (body ?? {}) as { tokens?: unknown };
  if (!Array.isArray(tokens)) {
    throw new BesedaError("Yandex AI Studio answered without tokens.", {
      code: "bad-response",
      hint: "Is the model one that generates texts (gpt://…), and the endpoint that of Yandex AI Studio?",
    });
  }
  return tokens.map((token: { id?: unknown; text?: unknown; special?: unknown } | null) => ({
    id: fromInt64(token?.id) ?? 0,
    text: typeof token?.text === "string" ? token.text : "",
    isSpecial: token?.special === true,
  }));
}

function tooLong(length: number, longest: number): BesedaError {
  return new BesedaError(
    `The text has ${length} characters, and the service counts ${longest} at once: nothing was sent.`,
    {
      code: "too-large",
      hint: "Count it in parts.",
    },
  );
}
