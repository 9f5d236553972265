// The journal of the rounds of a part: which requests are with the service, and by which keys and ids they are found again.
import type { JobError, JsonValue, Lease } from "@beseda/core";
import type { Line } from "../part/part-log.ts";

/** Requests that go out as one batch of the service. */
export type RoundBatch = {
  /** Of the requests with this number in the spool, those from the one place to before the other. */
  group: number;
  from: number;
  to: number;
  /** `provider:model`, and a row that asks it in a step: by running that, the model is met again. */
  model: string;
  asker: { line: Line; step: number };
  /** Kept before the batch is started, and the id as soon as it is known. */
  key?: string;
  id?: string;
  /** Nothing more is to be had of it. */
  isRead?: true;
  /** Its service did not know it when it was asked after last. */
  isLost?: true;
  /** Why it is not taken, of one request. */
  refusal?: JobError;
};

/** `spool` is the name of the file of its requests. */
export type OpenRound = { spool: string; batches: RoundBatch[] };

/** As it is kept. */
type Rounds = {
  /** How many batches the service has taken, in all rounds. */
  taken: number;
  /** When the first round began. Milliseconds since 1970. */
  begunAt: number;
  open?: OpenRound;
};

const entry = "rounds";

/** What is changed is kept with the next `save()`. */
export class RoundLog {
  taken: number;
  readonly begunAt: number;
  open: OpenRound | undefined;
  readonly #lease: Lease;

  private constructor(lease: Lease, { taken, begunAt, open }: Rounds) {
    this.#lease = lease;
    this.taken = taken;
    this.begunAt = begunAt;
    this.open = open;
  }

  static async of(lease: Lease): Promise<RoundLog> {
    const [[, kept] = []] = await lease.read(entry);
    return new RoundLog(lease, (kept as unknown as Rounds | undefined) ?? { taken: 0, begunAt: Date.now() });
  }

  async save(): Promise<void> {
    const { taken, begunAt, open } = this;
    const rounds: Rounds = { taken, begunAt, ...(open && { open }) };
    await this.#lease.write([[entry, rounds as unknown as JsonValue]]);
  }
}
