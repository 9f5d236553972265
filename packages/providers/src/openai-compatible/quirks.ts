// How the servers that call themselves OpenAI-compatible differ. Plain data: nothing else asks who the server is.
import type { JsonValue, ModelAbilities, ModelSettings } from "@beseda/core";

export type Quirks = {
  /** What the limit of the output is called. OpenAI's reasoning models refuse `max_tokens`, most others know nothing else. */
  maxTokensField: "max_tokens" | "max_completion_tokens";
  /** Whether a stream has to be asked for its usage with `stream_options.include_usage`. */
  asksForUsage: boolean;
  /** Settings that the server refuses or ignores: they are not sent. */
  leavesOut: readonly (keyof ModelSettings)[];
  /** Added to the body when the agent's reasoning is `off` and `native`. */
  reasoningBody: { off?: Record<string, JsonValue>; native?: Record<string, JsonValue> };
  /** The field in which reasoning is sent back with a message that called tools; other messages go without. */
  reasoningBack: "reasoning_content" | "reasoning" | "reasoning_details" | undefined;
  /**
   * Thinking stands in the text between `<think>` and `</think>`. `open` is for models whose template has already
   * written the first tag.
   */
  thinkTags: "none" | "closed" | "open";
  /** The content of a message that only calls tools. OpenAI documents `null`. */
  contentOfCalls: null | "";
  /** A message without a word and without a call is refused: it is not sent. */
  leavesOutEmpty: boolean;
  /** The text that comes with the finish reason `content_filter` replaces everything before it. */
  filterReplacesText: boolean;
  /** A mark of the model's template that leaks into its texts now and then: left out. */
  strayText: string | undefined;
  /** Whether a file that is no image may be given by its address, for the server to fetch. */
  fetchesFiles: boolean;
  /**
   * How the hint `promptCache` is given: with the field `prompt_cache_key`; with marks of Anthropic's kind on the
   * instructions and on the last message; not at all.
   */
  promptCache: "key" | "marks" | "none";
  /** Whether the server can be given tools. */
  tools: boolean;
  /** When an answer can be held to a schema with `response_format`. */
  outputSchema: NonNullable<ModelAbilities["outputSchema"]>;
  /** Whether it has a Files and Batches API like OpenAI's. */
  batches: boolean;
};

/** What most servers understand, and what is taken for a server that is not known. */
const standard: Quirks = {
  maxTokensField: "max_tokens",
  asksForUsage: true,
  leavesOut: [],
  reasoningBody: {},
  reasoningBack: undefined,
  thinkTags: "none",
  contentOfCalls: null,
  leavesOutEmpty: false,
  filterReplacesText: false,
  strayText: undefined,
  fetchesFiles: false,
  promptCache: "none",
  tools: true,
  outputSchema: "never",
  batches: false,
};

/**
 * Only the key of a prompt cache is sent: for how long, newer models are told in other words than older ones, and each
 * refuses those of the other (prompt_cache_retention, prompt_cache_options).
 */
const openai = {
  ...standard,
  maxTokensField: "max_completion_tokens",
  promptCache: "key",
  outputSchema: "always",
  batches: true,
} as const;

/** One preset for each server. `openaiCompatible` takes the right one by the address where it can. */
export const quirks = {
  standard,
  openai,
  /** The models of OpenAI at Azure, whose batches are asked for in other words. */
  azure: { ...openai, batches: false },
  /** Yandex AI Studio refuses `stop`, `seed` and `stream_options`, and reports usage unasked where it does at all. */
  yandex: {
    ...standard,
    asksForUsage: false,
    leavesOut: ["seed", "stopSequences"],
    contentOfCalls: "",
    leavesOutEmpty: true,
    filterReplacesText: true,
    // It documents json_schema, and is silent on tools beside it.
    outputSchema: "without-tools",
  },
  /**
   * Thinking models want to see again what they thought before they called a tool. A schema keeps a model from calling
   * tools at all (github.com/ollama/ollama/issues/8095).
   */
  ollama: { ...standard, reasoningBack: "reasoning", outputSchema: "without-tools" },
  /**
   * For models that think without being asked; templates of others do not look at the switch. A schema keeps a model
   * from calling tools at all (github.com/vllm-project/vllm/issues/39929).
   */
  vllm: {
    ...standard,
    reasoningBody: { off: { chat_template_kwargs: { enable_thinking: false } } },
    outputSchema: "without-tools",
  },
  /** The server of llama.cpp. Its grammar for a schema leaves no room for calls. */
  llamaCpp: {
    ...standard,
    reasoningBody: { off: { chat_template_kwargs: { enable_thinking: false } } },
    reasoningBack: "reasoning_content",
    outputSchema: "without-tools",
  },
  /** Of response formats it knows `json_object` only. Thinks unless told not to, and then refuses a message with calls that comes back without its reasoning. */
  deepseek: {
    ...standard,
    reasoningBody: { off: { thinking: { type: "disabled" } }, native: { thinking: { type: "enabled" } } },
    reasoningBack: "reasoning_content",
  },
  /** Whether an answer can be held to a schema differs by model: declare it for yours. */
  openrouter: {
    ...standard,
    fetchesFiles: true,
    promptCache: "marks",
    reasoningBody: { native: { reasoning: { enabled: true } } },
    reasoningBack: "reasoning_details",
  },
} as const satisfies Record<string, Quirks>;

const hosts: readonly [host: RegExp, quirks: Quirks][] = [
  [/^api\.openai\.com$/, quirks.openai],
  [/\.openai\.azure\.com$/, quirks.azure],
  [/\.api\.cloud\.yandex\.net$/, quirks.yandex],
  [/^api\.deepseek\.com$/, quirks.deepseek],
  [/^openrouter\.ai$/, quirks.openrouter],
  [/:11434$/, quirks.ollama],
];

/** The preset for an address, changed by what the user declares. */
export function quirksFor(baseURL: URL, declared: Partial<Quirks> = {}): Quirks {
  const known = hosts.find(([host]) => host.test(baseURL.hostname) || host.test(baseURL.host));
  const preset = known?.[1] ?? standard;
  // The preset itself where nothing is changed: models that share one share the JSON of their messages.
  return Object.keys(declared).length === 0 ? preset : { ...preset, ...declared };
}
