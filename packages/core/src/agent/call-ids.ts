// The ids of the calls of one reply: the model's own, made different where it gives several calls of a run the same one.

/** Results, journals and approvals know a call by its id alone, and strict services refuse a thread where two have the same. */
export class CallIds {
  readonly #taken: Set<string>;
  /** Of calls that are being written, by the model's own id, in the order in which they began. */
  readonly #open = new Map<string, string[]>();

  /** `taken` are those of the run so far; those of this reply are added. */
  constructor(taken: Set<string>) {
    this.#taken = taken;
  }

  /** A call begins to be written. */
  begin(given: string): string {
    const id = this.#unique(given);
    const open = this.#open.get(given);
    if (open) open.push(id);
    else this.#open.set(given, [id]);
    return id;
  }

  /** The call that is being written. */
  current(given: string): string {
    return this.#open.get(given)?.at(-1) ?? given;
  }

  /** A call is whole; not all have been shown while they were written. */
  end(given: string): { toolCallId: string; wasShown: boolean } {
    const begun = this.#open.get(given)?.shift();
    return { toolCallId: begun ?? this.#unique(given), wasShown: begun !== undefined };
  }

  #unique(given: string): string {
    let id = given;
    // Letters that every service takes in an id.
    for (let n = 2; this.#taken.has(id); n++) id = `${given}_${n}`;
    this.#taken.add(id);
    return id;
  }
}
