// The requests of a batch that wait for a reply, known by digests of their content: some 30 bytes each, however long they are.
import type { BatchRequests } from "@beseda/core";
import { type BatchMessage, digestOf, toBatchRow } from "./batch-rows.ts";

/** What `take` goes by: the content as it was sent, or `loosened`. */
export type Likeness = "exact" | "loose";

export class OpenRequests {
  /** All that there were. */
  readonly count: number;
  /** By index: 1 for one without a reply. */
  readonly #isOpen: Uint8Array;
  readonly #digests: Readonly<Record<Likeness, Uint32Array>>;
  #openCount: number;
  #likeness: Likeness | undefined;
  #table: DigestTable | undefined;

  static async of(requests: BatchRequests): Promise<OpenRequests> {
    const digests = { exact: new Digests(), loose: new Digests() };
    for await (const each of requests) {
      const { request } = toBatchRow(each, digests.exact.count + 1);
      digests.exact.add(digestOf(request));
      digests.loose.add(digestOf(loosened(request)));
    }
    return new OpenRequests(digests);
  }

  private constructor({ exact, loose }: Record<Likeness, Digests>) {
    this.count = exact.count;
    this.#openCount = this.count;
    this.#isOpen = new Uint8Array(this.count).fill(1);
    this.#digests = { exact: exact.words, loose: loose.words };
  }

  get openCount(): number {
    return this.#openCount;
  }

  isOpen(index: number): boolean {
    return this.#isOpen[index] === 1;
  }

  *open(): Generator<number> {
    for (let index = 0; index < this.count; index++) if (this.isOpen(index)) yield index;
  }

  /** The first open request of this content gets its reply. */
  take(messages: readonly BatchMessage[], likeness: Likeness): number | undefined {
    if (this.#likeness !== likeness) {
      this.#likeness = likeness;
      this.#table = new DigestTable(this.#digests[likeness], [...this.open()]);
    }
    const index = this.#table?.take(digestOf(likeness === "exact" ? messages : loosened(messages)));
    if (index !== undefined) this.close(index);
    return index;
  }

  close(index: number): void {
    this.#isOpen[index] = 0;
    this.#openCount--;
  }
}

/** Without what a service may change on the way: the case of roles, line ends, forms of letters, and the answer at the end. */
function loosened(messages: readonly BatchMessage[]): BatchMessage[] {
  const plain = messages.map(({ role, text }) => ({
    role: role.toLowerCase(),
    text: text.normalize("NFC").replaceAll(/\r\n?/g, "\n").trim(),
  }));
  return plain.slice(0, plain.findLastIndex(({ role }) => role !== "assistant") + 1);
}

/** 64 bits tell a million contents apart but for one chance in 30 million. */
type Digest = readonly [high: number, low: number];

/** Two words each. */
class Digests {
  count = 0;
  words = new Uint32Array(2_048);

  add([high, low]: Digest): void {
    if (this.count * 2 === this.words.length) {
      const longer = new Uint32Array(this.words.length * 2);
      longer.set(this.words);
      this.words = longer;
    }
    this.words[this.count * 2] = high;
    this.words[this.count * 2 + 1] = low;
    this.count++;
  }
}

const none = -1;

/** A hash table of indexes by digest: of equal ones the lowest index is taken first. */
class DigestTable {
  readonly #words: Uint32Array;
  readonly #mask: number;
  /** By bucket the first index, by index the next one. */
  readonly #first: Int32Array;
  readonly #next: Int32Array;

  constructor(words: Uint32Array, indexes: readonly number[]) {
    this.#words = words;
    const buckets = 2 ** Math.ceil(Math.log2(indexes.length + 1));
    this.#mask = buckets - 1;
    this.#first = new Int32Array(buckets).fill(none);
    this.#next = new Int32Array(words.length / 2).fill(none);
    for (const index of indexes.toReversed()) {
      const bucket = this.#bucketOf(words[index * 2] ?? 0);
      this.#next[index] = this.#first[bucket] ?? none;
      this.#first[bucket] = index;
    }
  }

  take([high, low]: Digest): number | undefined {
    const bucket = this.#bucketOf(high);
    let before = none;
    let index = this.#first[bucket] ?? none;
    while (index !== none) {
      const next = this.#next[index] ?? none;
      if (this.#words[index * 2] === high && this.#words[index * 2 + 1] === low) {
        if (before === none) this.#first[bucket] = next;
        else this.#next[before] = next;
        return index;
      }
      before = index;
      index = next;
    }
    return undefined;
  }

  #bucketOf(high: number): number {
    return (high & this.#mask) >>> 0;
  }
}
