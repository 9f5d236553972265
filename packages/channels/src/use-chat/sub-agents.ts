// What sub-agents do, for a client that shows one message: what they say is not the answer, so it goes into data parts.
import type { StreamPart } from "@beseda/core";
import { type FailurePart, toolFailure } from "./failure-text.ts";
import { type SubAgentActivity, sendable, type UiChunk } from "./ui-wire.ts";

type Watched = {
  activity: SubAgentActivity;
  /** The blocks of its text, by their ids. */
  texts: Map<string, string>;
  /** Its calls that were made in this stream. */
  callIds: Set<string>;
};

/** One for each stream. */
export class SubAgents {
  readonly #onError: (failure: FailurePart) => string;
  readonly #runs = new Map<string, Watched>();

  constructor(onError: (failure: FailurePart) => string) {
    this.#onError = onError;
  }

  /** News after each thing said or done, not after each piece of it: every part of data holds the whole text. */
  of(part: StreamPart, parentCallId: string): UiChunk[] {
    const watched = this.#watch(part.runId, parentCallId);
    const { activity, texts } = watched;
    switch (part.type) {
      case "start":
        activity.agentName = part.agentName;
        break;
      case "text-delta":
        texts.set(part.id, (texts.get(part.id) ?? "") + part.text);
        return [];
      case "text-replace":
        texts.set(part.id, part.text);
        break;
      case "text-end":
        break;
      case "tool-call":
        watched.callIds.add(part.toolCallId);
        activity.toolName = part.toolName;
        break;
      case "tool-result":
      case "tool-error":
        delete activity.toolName;
        return [...this.#answered(watched, part, parentCallId), news(part.runId, watched)];
      case "finish":
        activity.state = part.finishReason === "approval" ? "waiting" : "done";
        break;
      case "abort":
      case "error":
        activity.state = "failed";
        break;
      default:
        return [];
    }
    return [news(part.runId, watched)];
  }

  #watch(runId: string, toolCallId: string): Watched {
    const watched = this.#runs.get(runId) ?? {
      activity: { toolCallId, agentName: "", state: "working", text: "" },
      texts: new Map(),
      callIds: new Set(),
    };
    this.#runs.set(runId, watched);
    return watched;
  }

  /** A call that was made in an earlier stream waited for an approval: there the client was shown it, and waits for news. */
  #answered(
    { callIds }: Watched,
    part: Extract<StreamPart, { type: "tool-result" | "tool-error" }>,
    parentCallId: string,
  ): UiChunk[] {
    if (callIds.has(part.toolCallId) || this.#worksFor(part.toolCallId, part.runId)) return [];
    const toolCallId = `${parentCallId}/${part.toolCallId}`;
    if (part.type === "tool-error") return [toolFailure(part, toolCallId, this.#onError)];
    return [{ type: "tool-output-available", toolCallId, output: sendable(part.output) }];
  }

  /** Whether another run works for this call: then it did not wait itself. */
  #worksFor(toolCallId: string, runId: string): boolean {
    return [...this.#runs].some(([id, { activity }]) => id !== runId && activity.toolCallId === toolCallId);
  }
}

function news(id: string, { activity, texts }: Watched): UiChunk {
  const text = [...texts.values()].filter((each) => each !== "").join("\n\n");
  return { type: "data-sub-agent", id, data: { ...activity, text } };
}
