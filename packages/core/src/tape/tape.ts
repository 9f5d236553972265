// Requests and their replies, recorded once and given out again: strictly, and in the order in which they were recorded.
import type { JsonValue } from "../message.ts";
import { tapeMiss } from "./explain-miss.ts";
import { type FileMark, markOf, otherKind, readTape, type TapeEntry, type TapeKind, writeTape } from "./tape-file.ts";

/** `replay` answers from the file and nothing else; `record` asks the real thing and makes the file anew. */
export type TapeMode = "record" | "replay";

export type Tape<Reply> = Recording<Reply> | Replay<Reply>;

/**
 * Without a mode a file that is there is replayed, and one that is not is recorded. Whoever opens a file that this
 * process is still recording to joins in, unless it asks for a replay.
 * @throws BesedaError `invalid-argument`, `damaged` or `unsupported` for a file that cannot be replayed.
 */
export async function openTape<Reply>(file: string, kind: TapeKind, mode?: TapeMode): Promise<Tape<Reply>> {
  const { resolve } = await import("node:path");
  const path = resolve(file);
  if (mode === "replay") return new Replay(file, await readTape<Reply>(path, kind));
  const mark = await markOf(path);
  let recording = recordings.get(path);
  if (!recording && mode === undefined && mark !== "none") return new Replay(file, await readTape<Reply>(path, kind));
  recording ??= new Recording<unknown>(path, kind, mark);
  return recording.joined(kind) as Recording<Reply>;
}

/** Those that somebody still records to, by path. */
const recordings = new Map<string, Recording<unknown>>();

export class Recording<Reply> {
  readonly mode = "record";
  readonly #file: string;
  readonly #kind: TapeKind;
  readonly #entries: { request: JsonValue; reply?: Reply }[] = [];
  #mark: FileMark;
  #writing: Promise<void> = Promise.resolve();
  #isWritten = true;
  #users = 0;

  constructor(file: string, kind: TapeKind, mark: FileMark) {
    this.#file = file;
    this.#kind = kind;
    this.#mark = mark;
  }

  joined(kind: TapeKind): this {
    if (kind !== this.#kind) throw otherKind(this.#file, this.#kind);
    this.#users++;
    recordings.set(this.#file, this as Recording<unknown>);
    return this;
  }

  /** Once for each that joined. When all have left, the file is one to be replayed. */
  leave(): void {
    this.#users--;
    if (this.#users === 0) recordings.delete(this.#file);
  }

  /** Takes the request's place in the order; the reply is on disk when the promise of what this returns resolves. */
  begin(request: JsonValue): (reply: Reply) => Promise<void> {
    const entry: { request: JsonValue; reply?: Reply } = { request };
    this.#entries.push(entry);
    return (reply) => {
      entry.reply = reply;
      this.#isWritten = false;
      // One write at a time; one that waited for another may find everything written.
      this.#writing = this.#writing.catch(() => {}).then(() => this.#write());
      return this.#writing;
    };
  }

  async #write(): Promise<void> {
    if (this.#isWritten) return;
    this.#isWritten = true;
    const entries = this.#entries.filter((entry): entry is TapeEntry<Reply> => entry.reply !== undefined);
    try {
      this.#mark = await writeTape(this.#file, this.#kind, { entries, before: this.#mark });
    } catch (error) {
      this.#isWritten = false;
      throw error;
    }
  }
}

export class Replay<Reply> {
  readonly mode = "replay";
  readonly #file: string;
  readonly #requests: JsonValue[];
  readonly #replies = new Map<string, Reply[]>();
  readonly #given = new Map<string, number>();

  constructor(file: string, entries: readonly TapeEntry<Reply>[]) {
    this.#file = file;
    this.#requests = entries.map(({ request }) => request);
    for (const { request, reply } of entries) {
      const key = canonical(request);
      const replies = this.#replies.get(key);
      if (replies) replies.push(reply);
      else this.#replies.set(key, [reply]);
    }
  }

  /** @throws BesedaError `rejected` where the request was not recorded, or less often than it is asked. */
  take(request: JsonValue): Reply {
    const key = canonical(request);
    const replies = this.#replies.get(key) ?? [];
    const given = this.#given.get(key) ?? 0;
    const reply = replies[given];
    if (reply === undefined) throw tapeMiss(this.#file, request, { recorded: this.#requests, times: replies.length });
    this.#given.set(key, given + 1);
    return reply;
  }
}

/** The same text for the same JSON, whatever the order of its fields. */
function canonical(value: JsonValue): string {
  return JSON.stringify(value, (_name, each) =>
    typeof each === "object" && each !== null && !Array.isArray(each)
      ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)))
      : each,
  );
}
