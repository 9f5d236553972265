// Threads and documents in the process: gone with it, and in every other way like those in files.
import type { Memory, Message, Store } from "@beseda/core";
import { documentStore } from "./documents.ts";
import { defaultWindow, type Window } from "./fit/window.ts";
import { requireName } from "./plain-json.ts";
import { toJsonTexts } from "./stored-message.ts";

type Thread = { createdAt: string; updatedAt: string; messages: Message[] };

/**
 * For tests, batches and bots that may forget. What is kept are frozen copies, the same objects at each `load`: nobody
 * can change the thread from outside, and what was made of a message, such as its wire JSON, can be made once.
 * @param options.window what `load` gives of a thread; `defaultWindow` unless set
 */
export function inMemory(options: { window?: Window } = {}): Memory & { readonly store: Store } {
  const { window = defaultWindow } = options;
  // In the order in which they were last written to.
  const threads = new Map<string, Thread>();
  return {
    store: inMemoryStore(),
    async load(threadId) {
      requireName(threadId, "thread id");
      return window(fromNewest(threads.get(threadId)?.messages ?? []));
    },
    async append(threadId, messages) {
      requireName(threadId, "thread id");
      const copies = toJsonTexts(messages).map((text) => frozen(JSON.parse(text)) as Message);
      if (copies.length === 0) return;
      const now = new Date().toISOString();
      const thread = threads.get(threadId) ?? { createdAt: now, updatedAt: now, messages: [] };
      for (const copy of copies) thread.messages.push(copy);
      thread.updatedAt = now;
      threads.delete(threadId);
      threads.set(threadId, thread);
    },
    async threads() {
      const oldestFirst = [...threads].map(([threadId, { createdAt, updatedAt }]) => ({
        threadId,
        createdAt,
        updatedAt,
      }));
      return oldestFirst.reverse();
    },
    async delete(threadId) {
      requireName(threadId, "thread id");
      threads.delete(threadId);
    },
  };
}

function* fromNewest(messages: readonly Message[]): Generator<Message> {
  for (let index = messages.length - 1; index >= 0; index--) yield messages[index] as Message;
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) {
    Object.freeze(value);
    for (const inner of Object.values(value)) frozen(inner);
  }
  return value;
}

export function inMemoryStore(): Store {
  const texts = new Map<string, string>();
  const documents = {
    texts,
    async change(key: string, text: string | undefined) {
      if (text === undefined) texts.delete(key);
      else texts.set(key, text);
    },
  };
  return documentStore(async (work) => work(documents));
}
