// A model of the AI SDK as one of ours.
import { randomUUID } from "node:crypto";
import {
  BesedaError,
  type LanguageModel,
  type ModelAbilities,
  type ModelCallOptions,
  type ModelEvent,
  type ModelRequest,
  toolCallsOf,
} from "@beseda/core";
import { cutOff, type RetryPolicy, retrying } from "@beseda/core/http";
import type { AiPartReader, AiSdkModel } from "./ai-sdk-wire.ts";
import { addressIn, fromAiError } from "./from-ai-error.ts";
import { AiReplyReader } from "./from-ai-part.ts";
import { type AiCall, type ProviderOptions, toCallOptions } from "./to-call-options.ts";

export type FromAiSdkOptions = {
  /** Goes out with every request, over what settings such as `reasoningEffort` come to. */
  providerOptions?: ProviderOptions | undefined;
  /**
   * What the model can do by itself. A model seldom says whether it can be held to a schema, and so `outputSchema` is
   * `never` by default, which works everywhere: the agent asks in another way. Where `supportsStructuredOutputs` is set,
   * it is `without-tools`. OpenAI's and Anthropic's newer models can `always`.
   */
  abilities?: ModelAbilities | undefined;
  retry?: RetryPolicy | undefined;
};

/**
 * Any language model of the AI SDK, specification v2 and newer: `fromAiSdk(anthropic("claude-opus-4-5"))`. Signatures of
 * thinking and ids of items are kept in the thread and go back to the provider; sources are passed on. Files that a model
 * makes and calls that a provider carries out itself are left out.
 *
 * @throws BesedaError `invalid-argument` for what is no such model, `unsupported` for an older specification.
 */
export function fromAiSdk(model: AiSdkModel, options: FromAiSdkOptions = {}): LanguageModel {
  const { providerOptions = {}, abilities, retry } = options;
  const call: AiCall = { model, specification: specificationOf(model), providerOptions };
  // Where the service asks to be left alone, all calls of this model wait. Its address is known by its first failure.
  let url = "http://unknown.invalid";
  const headers = { "model-key": randomUUID() };
  const open = async (request: ModelRequest, callOptions: ModelCallOptions): Promise<OpenReply> => {
    try {
      return await openReply(call, request, callOptions);
    } catch (thrown) {
      callOptions.signal?.throwIfAborted();
      url = addressIn(thrown) ?? url;
      throw fromAiError(thrown);
    }
  };
  return {
    provider: model.provider,
    modelId: model.modelId,
    abilities: { outputSchema: model.supportsStructuredOutputs ? "without-tools" : "never", ...abilities },
    stream(request, callOptions = {}) {
      const { signal } = callOptions;
      const service = {
        get url() {
          return url;
        },
        headers,
        retry,
        signal: () => signal,
      };
      return eventsOf(() => retrying(() => open(request, callOptions), service), signal);
    },
  };
}

function specificationOf(model: AiSdkModel): number {
  const version = /^v(\d+)$/.exec(String((model as AiSdkModel | undefined)?.specificationVersion))?.[1];
  if (version === undefined || typeof model.doStream !== "function" || typeof model.doGenerate !== "function") {
    throw new BesedaError("fromAiSdk() was not given a language model of the AI SDK.", {
      code: "invalid-argument",
      hint: 'Give it what a provider makes, such as openai("gpt-5") of @ai-sdk/openai, and no name of a model alone.',
    });
  }
  if (Number(version) < 2) {
    throw new BesedaError(`The model ${model.modelId} has the specification v${version} of the AI SDK.`, {
      code: "unsupported",
      hint: `Update the package of ${model.provider}: from v2 on, AI SDK 5, models can be used.`,
    });
  }
  return Number(version);
}

/** A reply whose first events have come; `parts` brings the others. */
type OpenReply = { first: ModelEvent[]; reply: AiReplyReader; parts: AiPartReader | undefined };

async function openReply(
  call: AiCall,
  request: ModelRequest,
  { signal, streamed = true }: ModelCallOptions,
): Promise<OpenReply> {
  signal?.throwIfAborted();
  const options = { ...toCallOptions(request, call), ...(signal && { abortSignal: signal }) };
  const reply = new AiReplyReader(callIdsIn(request));
  if (!streamed) {
    const whole = await unlessAborted(call.model.doGenerate(options), signal);
    return { first: reply.whole(whole), reply, parts: undefined };
  }
  const { stream } = await unlessAborted(call.model.doStream(options), signal);
  const parts = stream.getReader();
  try {
    return { first: await nextEvents(parts, reply, signal), reply, parts };
  } catch (thrown) {
    leave(parts);
    throw thrown;
  }
}

async function* eventsOf(
  open: () => Promise<OpenReply>,
  signal: AbortSignal | undefined,
): AsyncGenerator<ModelEvent[]> {
  const { first, reply, parts } = await open();
  try {
    yield first;
    while (parts && !reply.isFinished) yield await nextEvents(parts, reply, signal);
  } catch (thrown) {
    signal?.throwIfAborted();
    throw fromAiError(thrown);
  } finally {
    if (parts) leave(parts);
  }
}

/** At least one. */
async function nextEvents(
  parts: AiPartReader,
  reply: AiReplyReader,
  signal: AbortSignal | undefined,
): Promise<ModelEvent[]> {
  for (;;) {
    const { done, value } = await unlessAborted(parts.read(), signal);
    if (done || !value) throw cutOff();
    const events = reply.read(value);
    if (events.length > 0) return events;
  }
}

/** A provider need not look at the signal. */
function unlessAborted<Value>(work: PromiseLike<Value>, signal: AbortSignal | undefined): PromiseLike<Value> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    const over = () => signal.removeEventListener("abort", onAbort);
    signal.addEventListener("abort", onAbort);
    if (signal.aborted) onAbort();
    work.then(
      (value) => {
        over();
        resolve(value);
      },
      (error) => {
        over();
        reject(error);
      },
    );
  });
}

/** Not awaited: what hangs would hang here too. */
function leave(parts: AiPartReader): void {
  parts.cancel().catch(() => {});
}

function callIdsIn({ messages }: ModelRequest): string[] {
  return messages.flatMap((message) =>
    message.role === "assistant" ? toolCallsOf(message).map(({ toolCallId }) => toolCallId) : [],
  );
}
