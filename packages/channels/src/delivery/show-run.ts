// A run as a chat sees it: the text as it is written, the tool at work, and a line that says why an answer is not whole.
import type { FinishReason, Run, StreamPart } from "@beseda/core";
import { failureText } from "../failure-text.ts";
import { SourceList } from "../source-list.ts";
import { type ChatSurface, LiveAnswer } from "./live-answer.ts";

/**
 * Reads the run and shows it. Every run ends in a text: the answer, or what there is of it and a line about why it broke
 * off. Under an answer that rests on sources the first five of them are named. Reasoning is not shown, and of a failure
 * nothing that could name what is inside: `run.result` rejects with it.
 *
 * @throws what the platform answered, when even the whole text could not be delivered.
 */
export async function showRun<MessageId>(run: Run, surface: ChatSurface<MessageId>): Promise<void> {
  const answer = new LiveAnswer(surface);
  const text = new AnswerText();
  for await (const part of run.fullStream) {
    // What a sub-agent says comes back as the answer of its call.
    if (part.parentCallId !== undefined) continue;
    text.add(part);
    answer.show(text.soFar);
  }
  await answer.finish(text.soFar);
}

/** The text of a run, made of its parts. */
class AnswerText {
  #closed = "";
  #block = "";
  #tool = "";
  #note = "";
  #links = "";
  readonly #sources = new SourceList();

  get soFar(): string {
    return joined(this.#closed, this.#block, this.#tool, this.#note, this.#links);
  }

  add(part: StreamPart): void {
    switch (part.type) {
      case "text-start":
        this.#closed = joined(this.#closed, this.#block);
        this.#block = "";
        break;
      case "text-delta":
        this.#block += part.text;
        break;
      case "text-replace":
        this.#block = part.text;
        break;
      case "tool-call":
        this.#tool = `🔧 ${part.toolName} …`;
        break;
      case "finish-step":
        this.#tool = "";
        break;
      case "source":
        this.#sources.add(part);
        break;
      case "finish":
        this.#tool = "";
        this.#note = whyNotWhole[part.finishReason] ?? (this.soFar.trim() === "" ? "(There is no answer.)" : "");
        this.#links = linesOf(this.#sources);
        break;
      case "abort":
        this.#tool = "";
        this.#note = "⏹ Stopped.";
        break;
      case "error":
        this.#tool = "";
        this.#note = `⚠️ ${failureText(part.error)}`;
        break;
    }
  }
}

const whyNotWhole: Partial<Record<FinishReason, string>> = {
  length: "✂️ The answer reached its longest length.",
  "content-filter": "🚫 The model declined to go on.",
  approval: "⏸ This waits for an approval.",
  "max-steps": "⚠️ The agent took all the steps it may take, and is not done.",
};

const mostLinks = 5;

function linesOf(sources: SourceList): string {
  return sources.lines(mostLinks, "🔗 ").join("\n");
}

function joined(...texts: string[]): string {
  return texts.filter((text) => text !== "").join("\n\n");
}
