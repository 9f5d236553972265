// What a reply says, out of its events.
import type { ModelEvent } from "../ports/language-model.ts";

/** The text of a whole reply, such as one of an operation or of a batch: without its reasoning and its calls. */
export function replyText(events: readonly ModelEvent[]): string {
  let text = "";
  for (const event of events) {
    if (event.type === "text-delta") text += event.text;
    else if (event.type === "text-replace") text = event.text;
  }
  return text;
}
