// Whether a request fits the context of its model, asked of the tokenizer before the request is billed.
import { BesedaError, estimateUsage, type LanguageModel, type ModelRequest, type Tokenizer } from "@beseda/core";

/**
 * The same model, but that a request that may be too long is counted first. Estimates are good to about a third: what is
 * estimated at half of the room or less is not counted. Where it cannot be counted, the service has the last word.
 * @throws BesedaError `invalid-argument` for a context that is not a number above 0
 */
export function withRoomCheck(model: LanguageModel, tokenizer: Tokenizer, contextTokens: number): LanguageModel {
  if (!(contextTokens > 0)) throw noContext(contextTokens);
  const { operations } = model;
  const check = async (request: ModelRequest, signal: AbortSignal | undefined): Promise<void> => {
    const tokens = await countOf(request, tokenizer, signal);
    if (tokens > roomFor(request, contextTokens)) throw tooLong(tokens, request, contextTokens);
  };
  return {
    ...model,
    stream(request, options) {
      if (!mayBeTooLong(request, contextTokens)) return model.stream(request, options);
      return after(
        () => check(request, options?.signal),
        () => model.stream(request, options),
      );
    },
    operations: operations && {
      ...operations,
      async submit(request, options) {
        if (mayBeTooLong(request, contextTokens)) await check(request, options?.signal);
        return operations.submit(request, options);
      },
    },
  };
}

/** Prompt and answer have to fit together. */
function roomFor({ settings }: ModelRequest, contextTokens: number): number {
  return contextTokens - (settings.maxOutputTokens ?? 0);
}

function mayBeTooLong(request: ModelRequest, contextTokens: number): boolean {
  const { inputTokens } = estimateUsage(request, { role: "assistant", content: [] });
  return inputTokens > roomFor(request, contextTokens) / 2;
}

async function countOf(request: ModelRequest, tokenizer: Tokenizer, signal: AbortSignal | undefined): Promise<number> {
  try {
    return (await tokenizer.tokenizeRequest(request, { signal })).length;
  } catch (error) {
    if (signal?.aborted || !(error instanceof BesedaError)) throw error;
    return 0;
  }
}

async function* after<Value>(check: () => Promise<void>, open: () => AsyncIterable<Value>): AsyncGenerator<Value> {
  await check();
  yield* open();
}

function noContext(contextTokens: number): BesedaError {
  return new BesedaError(`${contextTokens} cannot be the number of tokens of a context.`, {
    code: "invalid-argument",
    hint: "Give contextTokens as a number above 0, such as 32_768, or leave it out.",
  });
}

function tooLong(tokens: number, { settings }: ModelRequest, contextTokens: number): BesedaError {
  const { maxOutputTokens } = settings;
  const answer = maxOutputTokens === undefined ? "" : `, and its answer may have ${maxOutputTokens} more`;
  return new BesedaError(`The request has ${tokens} tokens${answer}; the context of the model has ${contextTokens}.`, {
    code: "too-large",
    hint: "Nothing was sent. Send less: a shorter window of the thread, fewer tools; or ask a model with a longer context.",
  });
}
