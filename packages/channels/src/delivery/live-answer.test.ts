import { describe, expect, it } from "vitest";
import { type ChatSurface, LiveAnswer } from "./live-answer.ts";

class TooFast extends Error {
  readonly seconds: number;

  constructor(seconds: number) {
    super("too fast");
    this.seconds = seconds;
  }
}

/** A chat that stands still until the test lets time pass, and that fails as it is told to. */
class Chat implements ChatSurface<number> {
  readonly limit = 200;
  readonly paceMs = 1_000;
  readonly messages = new Map<number, string>();
  readonly writes: string[] = [];
  /** For each write to come; `undefined` lets it pass. */
  readonly failures: (Error | undefined)[] = [];
  readonly waits: number[] = [];
  #lastId = 0;

  async post(text: string): Promise<number> {
    this.#write(`post ${text}`);
    this.messages.set(++this.#lastId, text);
    return this.#lastId;
  }

  async edit(id: number, text: string): Promise<void> {
    this.#write(`edit ${text}`);
    if (!this.messages.has(id)) throw new Error("message to edit not found");
    this.messages.set(id, text);
  }

  async remove(id: number): Promise<void> {
    this.#write("remove");
    this.messages.delete(id);
  }

  retryAfterMs(error: unknown): number | undefined {
    return error instanceof TooFast ? error.seconds * 1_000 : undefined;
  }

  wait = async (ms: number): Promise<void> => {
    this.waits.push(ms);
    await new Promise(setImmediate);
  };

  get shown(): string[] {
    return [...this.messages.values()];
  }

  #write(what: string): void {
    this.writes.push(what);
    const failure = this.failures.shift();
    if (failure) throw failure;
  }
}

describe("LiveAnswer", () => {
  it("posts the first frame, edits it with the latest one, and leaves out those in between", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    for (const text of ["a", "ab", "abc"]) answer.show(text);
    await answer.finish("abcd");
    expect(chat.writes).toEqual(["post a", "edit abcd"]);
    expect(chat.waits).toEqual([1_000, 1_000]);
  });

  it("writes nothing twice: an answer that stands is not edited again", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    answer.show("done");
    await framesAreWritten();
    await answer.finish("done \n");
    expect(chat.writes).toEqual(["post done"]);
  });

  it("spreads a long answer over messages, a write at a time", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    const text = "word ".repeat(100);
    for (let length = 0; length < text.length; length += 5) {
      answer.show(text.slice(0, length));
      await framesAreWritten();
    }
    await answer.finish(text);
    expect(chat.shown.join(" ")).toBe(text.trim());
    expect(chat.shown.length).toBe(3);
    expect(chat.waits).toHaveLength(chat.writes.length);
  });

  it("skips frames while the platform asks to wait, and shows the latest text afterwards", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    chat.failures.push(new TooFast(7));
    answer.show("a");
    answer.show("ab");
    await answer.finish("abc");
    expect(chat.writes).toEqual(["post a", "post abc"]);
    expect(chat.waits).toEqual([7_000, 1_000]);
  });

  it("delivers the whole text once after any number of refusals within three minutes", async () => {
    const chat = new Chat();
    chat.failures.push(...[30, 30, 30, 30, 30].map((seconds) => new TooFast(seconds)));
    await new LiveAnswer(chat).finish("text");
    expect(chat.shown).toEqual(["text"]);
    expect(chat.waits).toEqual([30_000, 30_000, 30_000, 30_000, 30_000, 1_000]);
  });

  it("gives up where the platform asks for more than three minutes, without waiting", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    chat.failures.push(new TooFast(3_600), new TooFast(3_600));
    answer.show("frame");
    await expect(answer.finish("text")).rejects.toThrow("too fast");
    expect(chat.waits).toEqual([]);
  });

  it("loses a frame that fails, not the answer", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    answer.show("a");
    await framesAreWritten();
    chat.failures.push(new Error("connection reset"));
    answer.show("ab");
    await framesAreWritten();
    await answer.finish("abc");
    expect(chat.shown).toEqual(["abc"]);
    expect(chat.writes).toEqual(["post a", "edit ab", "edit abc"]);
  });

  it("tries the last edit three times, and posts the text anew where its message is gone", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    answer.show("a");
    await framesAreWritten();
    chat.messages.clear();
    await answer.finish("ab");
    expect(chat.writes).toEqual(["post a", "edit ab", "edit ab", "edit ab", "post ab"]);
    expect(chat.shown).toEqual(["ab"]);
  });

  it("does not post again what may have arrived", async () => {
    const chat = new Chat();
    chat.failures.push(new Error("connection reset"));
    await expect(new LiveAnswer(chat).finish("text")).rejects.toThrow("connection reset");
    expect(chat.writes).toEqual(["post text"]);
  });

  it("posts the whole text next where a frame may have arrived as a new message, and not each later frame too", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    chat.failures.push(...["a", "ab", "abc"].map(() => new Error("connection reset")));
    for (const text of ["a", "ab", "abc"]) {
      answer.show(text);
      await framesAreWritten();
    }
    chat.failures.length = 0;
    await answer.finish("abcd");
    expect(chat.writes).toEqual(["post a", "post abcd"]);
  });

  it("shows no frames any more once the whole text is there", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    const text = "word ".repeat(100);
    chat.failures.push(undefined, undefined, new Error("connection reset"));
    answer.show("word");
    // A frame would have swallowed the failure, and the part would be there twice.
    await expect(answer.finish(text)).rejects.toThrow("connection reset");
    expect(chat.writes).toHaveLength(3);
  });

  it("takes back the messages that a shorter text does not need", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    answer.show("word ".repeat(100));
    await framesAreWritten();
    expect(chat.shown).toHaveLength(3);
    await answer.finish("short");
    expect(chat.shown).toEqual(["short"]);
  });

  it("sends no blank message and no half of a surrogate pair", async () => {
    const chat = new Chat();
    const answer = new LiveAnswer(chat);
    answer.show(" \n");
    answer.show("smile \u{1F600}".slice(0, -1));
    await framesAreWritten();
    await answer.finish(`smile \u{1F600}${"\n".repeat(500)}`);
    expect(chat.writes).toEqual(["post smile \uFFFD", "edit smile \u{1F600}"]);
  });
});

/** Each pause of the chat takes one turn of the event loop. */
async function framesAreWritten(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise(setImmediate);
}
