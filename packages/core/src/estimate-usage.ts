// Counting tokens without the model's own tokenizer: before a request is sent, and for replies whose provider reports no usage.
import { type AssistantMessage, type FilePart, type Message, textOf, type Usage } from "./message.ts";
import type { ModelRequest } from "./ports/language-model.ts";

/**
 * Roughly how many tokens the text is: 4 characters a token for Latin letters and digits, 3 for other letters, such as
 * Cyrillic, 1 for CJK. A rule of thumb, good to about a third; only the provider's own count is what is billed.
 */
export function estimateTokens(text: string): number {
  let latin = 0;
  let cjk = 0;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x0250) latin++;
    else if (unit >= 0x2e80 && unit < 0xfb00) cjk++;
  }
  return Math.ceil(latin / 4 + (text.length - latin - cjk) / 3 + cjk);
}

/** What the model reads: instructions, tools and messages. */
export function estimateInputTokens({ instructions, tools, messages }: ModelRequest): number {
  let tokens = estimateTokens(instructions);
  for (const definition of tools) tokens += estimateTokens(JSON.stringify(definition.inputSchema)) + 20;
  for (const message of messages) tokens += messageTokens(message);
  return tokens;
}

/** What a call has cost, as far as can be told from its texts. */
export function estimateUsage(request: ModelRequest, reply: AssistantMessage): Usage {
  const inputTokens = estimateInputTokens(request);
  const outputTokens = messageTokens(reply);
  const usage: Usage = { inputTokens, outputTokens, totalTokens: inputTokens + outputTokens, estimated: true };
  const thinking = reply.content.map((part) => (part.type === "reasoning" ? part.text : "")).join("");
  return thinking === "" ? usage : { ...usage, reasoningTokens: estimateTokens(thinking) };
}

const perMessage = 4;
/** About the most that hosted models charge for one. */
const perImage = 1_500;
const counted = new WeakMap<Message, number>();

/** As `estimateTokens`, with reasoning, calls and files, 4 tokens for the role and 1,500 for an image. Counted once for each message. */
export function messageTokens(message: Message): number {
  const known = counted.get(message);
  if (known !== undefined) return known;
  let tokens = perMessage + estimateTokens(textOf(message));
  if (message.role !== "tool" && typeof message.content !== "string") {
    for (const part of message.content) {
      if (part.type === "image") tokens += perImage;
      else if (part.type === "file") tokens += fileTokens(part);
      else if (part.type === "reasoning") tokens += estimateTokens(part.text);
      else if (part.type === "tool-call") tokens += estimateTokens(part.toolName + JSON.stringify(part.input));
    }
  }
  counted.set(message, tokens);
  return tokens;
}

/** A file given by its address counts as 100 KB. */
const unknownSize = 100_000;

/**
 * By its size: a text as a text, an image as one, a sound 10 tokens for a second of 16 KB, anything else as a document of
 * 2,000 tokens a page of 50 KB. For a sense of scale only.
 */
function fileTokens({ file, mediaType }: FilePart): number {
  if (mediaType.startsWith("image/")) return perImage;
  const bytes = file.startsWith("data:") ? ((file.length - file.indexOf(",") - 1) * 3) / 4 : unknownSize;
  if (/^text\/|json|xml/.test(mediaType)) return Math.ceil(bytes / 4);
  return mediaType.startsWith("audio/") ? 10 * Math.ceil(bytes / 16_000) : 2_000 * Math.ceil(bytes / 50_000);
}
