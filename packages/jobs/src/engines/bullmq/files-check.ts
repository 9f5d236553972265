// Whether these files are those that all others on the server have: of a worker with other ones every job would seem to be
// deleted, and it would throw its tickets away.
import { randomUUID } from "node:crypto";
import { BesedaError, type JobFiles } from "@beseda/core";
import { getJson, putJson } from "./json-files.ts";
import { type IQueueBackend, loadBullmq, type Queue, type QueueServer } from "./queue-server.ts";

/** Files have an id, in a file; a note on the server says which are in use, and until when: milliseconds of the clock on the wall. */
type FilesNote = { id: string; until: number };

type Notes = Queue<FilesNote, void, string, FilesNote, void, string, IQueueBackend, string>;

const idFile = "engine/identity";
/** A queue that nobody works on, and its one job. */
const queueName = "files";
const noteId = "note";
/** Whoever claims jobs writes it anew every other lease, more or less. */
const leases = 5;

export class FilesCheck {
  readonly #files: JobFiles;
  readonly #server: QueueServer;
  readonly #validMs: number;
  #passed: Promise<void> | undefined;
  #notes: Promise<Notes> | undefined;
  #hasPassed = false;
  #isWarned = false;

  constructor(files: JobFiles, server: QueueServer, leaseMs: number) {
    this.#files = files;
    this.#server = server;
    this.#validMs = leases * leaseMs;
  }

  /** Looks once, until it has passed. @throws BesedaError `invalid-argument` where the others have other files */
  pass(): Promise<void> {
    this.#passed ??= this.#look().catch((error) => {
      this.#passed = undefined;
      throw error;
    });
    return this.#passed;
  }

  /** These files are in use still; a server that has lost its note is given it again. */
  async renew(): Promise<void> {
    if (!this.#hasPassed) return;
    try {
      await this.#look();
    } catch (error) {
      if (!(error instanceof BesedaError) || error.code !== "invalid-argument" || this.#isWarned) return;
      this.#isWarned = true;
      process.emitWarning(error.advice, "BesedaWarning");
    }
  }

  async close(): Promise<void> {
    await (await this.#notes?.catch(() => undefined))?.close().catch(() => {});
  }

  async #look(): Promise<void> {
    const id = await identityOf(this.#files);
    const now = Date.now();
    const mine: FilesNote = { id, until: now + this.#validMs };
    const theirs = await this.#server.patiently(async () => {
      const notes = await this.#open();
      // One that is there already stays as it is.
      await notes.add("note", mine, { jobId: noteId });
      const note = await notes.getJob(noteId);
      if (note && note.data.id !== id && note.data.until > now) return note.data;
      await note?.updateData(mine);
      return undefined;
    });
    if (theirs) throw otherFiles(this.#server, theirs.until - now);
    this.#hasPassed = true;
  }

  #open(): Promise<Notes> {
    this.#notes ??= this.#newNotes().catch((error) => {
      this.#notes = undefined;
      throw error;
    });
    return this.#notes;
  }

  async #newNotes(): Promise<Notes> {
    const { Queue } = await loadBullmq();
    const { url: connection, prefix } = this.#server;
    const notes: Notes = new Queue(queueName, { connection, prefix }, await this.#server.backends());
    return this.#server.opened(notes, () => notes.waitUntilReady());
  }
}

/** Of several that give them one the first one wins. */
async function identityOf(files: JobFiles): Promise<string> {
  const known = await getJson(files, idFile);
  if (known === undefined) await putJson(files, idFile, randomUUID());
  return String(known ?? (await getJson(files, idFile)));
}

function otherFiles({ place, prefix }: QueueServer, ms: number): BesedaError {
  return new BesedaError(`The files of this engine are not those that others use with ${place}, prefix ${prefix}.`, {
    code: "invalid-argument",
    hint:
      "Give all of them the same bucket and prefix, or the same folder: is the share mounted? Jobs of their own need a " +
      `prefix of their own. Where the files are new on purpose, stop all who use the old ones for ${Math.ceil(ms / 1_000)} s.`,
  });
}
