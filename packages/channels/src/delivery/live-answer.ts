// An answer that grows in a chat: messages are posted and edited at the pace that the platform allows.
import { setTimeout } from "node:timers/promises";
import { splitText } from "./split-text.ts";

/** What a platform can do with the messages of one conversation. */
export type ChatSurface<MessageId> = {
  /** The longest message, in UTF-16 units. */
  limit: number;
  /** The pause after each write, in milliseconds. */
  paceMs: number;
  post(text: string): Promise<MessageId>;
  edit(id: MessageId, text: string): Promise<unknown>;
  /** Takes a message back: an answer that its provider rewrote can need fewer of them. */
  remove(id: MessageId): Promise<unknown>;
  /** How long the platform asks to wait, in milliseconds, where that is what the error says. */
  retryAfterMs(error: unknown): number | undefined;
  /** Replaces the waiting, for tests that have a clock of their own. */
  wait?: ((ms: number) => Promise<unknown>) | undefined;
};

type Sent<MessageId> = { id: MessageId; text: string };

/** For edits and removals that fail without being told to wait. */
const tries = 3;
/** For one write of the whole text. Telegram asks for about a minute in busy groups. */
const longestWaitMs = 180_000;

export class LiveAnswer<MessageId> {
  readonly #surface: ChatSurface<MessageId>;
  readonly #wait: (ms: number) => Promise<unknown>;
  readonly #sent: (Sent<MessageId> | undefined)[] = [];
  #text = "";
  #isNew = false;
  #isFinal = false;
  #isWriting = false;
  #frames: Promise<void> | undefined;

  constructor(surface: ChatSurface<MessageId>) {
    this.#surface = surface;
    this.#wait = surface.wait ?? setTimeout;
  }

  /**
   * The text so far. Returns at once. At the pace of the platform the latest text is shown; what came in between is
   * skipped, and a frame that the platform refuses is lost. After a new message that failed there are no more frames: it
   * may have arrived, and so may the next one.
   */
  show(text: string): void {
    this.#text = text;
    this.#isNew = true;
    if (!this.#isWriting) this.#frames = this.#writeFrames();
  }

  /**
   * The whole text, the last call. Resolves when all of it stands in the chat, once, and the pause after it is over.
   *
   * @throws what the platform answered: after three minutes of waiting that it asked for, or at once where a new message
   * failed in a way that leaves open whether it arrived.
   */
  async finish(text: string): Promise<void> {
    this.#text = text;
    this.#isFinal = true;
    await this.#frames;
    for (let next = this.#nextPart(); next !== undefined; next = this.#nextPart()) {
      const { index, part } = next;
      const isDone = await this.#insist(() => this.#write(index, part), { mayRepeat: this.#sent[index] !== undefined });
      // The message is gone, or cannot be edited any more.
      if (!isDone) this.#sent[index] = undefined;
    }
    for (const surplus of this.#sent.splice(this.#parts().length)) {
      if (surplus) await this.#insist(() => this.#surface.remove(surplus.id), { mayRepeat: true });
    }
  }

  async #writeFrames(): Promise<void> {
    this.#isWriting = true;
    while (this.#isNew && !this.#isFinal) {
      this.#isNew = false;
      const next = this.#nextPart();
      if (!next) continue;
      try {
        await this.#write(next.index, next.part);
        await this.#wait(this.#surface.paceMs);
        this.#isNew ||= this.#nextPart() !== undefined;
      } catch (error) {
        const askedMs = this.#surface.retryAfterMs(error);
        const mayBeThere = askedMs === undefined && this.#sent[next.index] === undefined;
        // The whole text is what comes next.
        if (mayBeThere || (askedMs ?? 0) > longestWaitMs) return;
        await this.#wait(askedMs ?? this.#surface.paceMs);
      }
    }
    this.#isWriting = false;
  }

  async #write(index: number, part: string): Promise<void> {
    const sent = this.#sent[index];
    if (sent) await this.#surface.edit(sent.id, part);
    const id = sent ? sent.id : await this.#surface.post(part);
    this.#sent[index] = { id, text: part };
  }

  /** Whether it was done in the end. Throws where it was not, and trying something else would not help. */
  async #insist(write: () => Promise<unknown>, { mayRepeat }: { mayRepeat: boolean }): Promise<boolean> {
    let waitedMs = 0;
    for (let failures = 0; failures < tries; ) {
      try {
        await write();
        await this.#wait(this.#surface.paceMs);
        return true;
      } catch (error) {
        const askedMs = this.#surface.retryAfterMs(error);
        if (askedMs === undefined && !mayRepeat) throw error;
        if (askedMs === undefined) failures++;
        const pauseMs = askedMs ?? this.#surface.paceMs;
        waitedMs += pauseMs;
        if (waitedMs > longestWaitMs) throw error;
        await this.#wait(pauseMs);
      }
    }
    return false;
  }

  /** The first part of the text that does not stand in the chat as it should. */
  #nextPart(): { index: number; part: string } | undefined {
    for (const [index, part] of this.#parts().entries()) {
      if (this.#sent[index]?.text !== part) return { index, part };
    }
    return undefined;
  }

  /** Platforms cut the blanks at the end, refuse a message of nothing else, and take no half of a surrogate pair. */
  #parts(): string[] {
    const text = this.#text.replace(/\p{Surrogate}/gu, "\uFFFD");
    return splitText(text, this.#surface.limit)
      .map((part) => part.trimEnd())
      .filter((part) => part !== "");
  }
}
