// What the Responses API of the fake remembers: replies by their id, and what was said before each of them.
import { Refusal } from "../refusal.ts";
import type { ResponseHead } from "./responses-reply.ts";

type Json = Record<string, unknown>;

/** How one that is made in the background looks now, or the whole reply. */
export type KeptResponse = ResponseHead | { whole: Json };

export class ResponseMemory {
  readonly #kept = new Map<string, KeptResponse>();
  /** All items up to a reply, by its id; up to now, by the id of a conversation. */
  readonly #items = new Map<string, readonly Json[]>();

  /** @throws Refusal 404 */
  find(id: string): KeptResponse {
    const found = this.#kept.get(id);
    if (!found) throw notFound(id);
    return found;
  }

  keep(id: string, kept: KeptResponse): void {
    this.#kept.set(id, kept);
  }

  /**
   * The body as if all that it goes on from were in its `input`. Any id of a conversation is one: the fake has no door that
   * makes them. That a reply and a conversation exclude each other is OpenAI's rule.
   *
   * @throws Refusal 404 for a reply that nobody knows, or that has not come yet; 400
   */
  recall(body: Json): Json {
    const { previous_response_id: previous, conversation, input } = body;
    const thread = conversationOf(conversation);
    if (thread !== undefined && typeof previous === "string") {
      throw new Refusal(3, "'previous_response_id' and 'conversation' exclude each other");
    }
    if (typeof previous === "string" && !this.#items.has(previous)) throw notFound(previous);
    const before = this.#items.get(thread ?? String(previous)) ?? [];
    // What is no input at all is refused by whoever reads it.
    if (before.length === 0 || !isInput(input)) return body;
    return { ...body, input: [...before, ...itemsOf(input)] };
  }

  /** The reply is there: it can be gone on from. `body` is what `recall` gave. */
  note(body: Json, response: Json): void {
    const input = isInput(body.input) ? itemsOf(body.input) : [];
    const items = [...input, ...(response.output as Json[])];
    this.#items.set(String(response.id), items);
    const thread = conversationOf(body.conversation);
    if (thread !== undefined) this.#items.set(thread, items);
  }
}

export function notFound(id: string): Refusal {
  return new Refusal(5, `Response with id '${id}' not found.`);
}

/** Its id, or an object that has it. */
function conversationOf(conversation: unknown): string | undefined {
  if (conversation === undefined || conversation === null) return undefined;
  const { id, ...rest } = typeof conversation === "object" ? (conversation as Json) : { id: conversation };
  if (typeof id === "string" && id !== "" && Object.keys(rest).length === 0) return id;
  throw new Refusal(3, "Invalid value for 'conversation'");
}

function isInput(input: unknown): input is string | Json[] {
  return Array.isArray(input) ? input.length > 0 : typeof input === "string" && input !== "";
}

function itemsOf(input: string | readonly Json[]): readonly Json[] {
  return typeof input === "string" ? [{ role: "user", content: input }] : input;
}
