// The batches of the fake: they go on with each question after them, by their plan, and leave files of replies and errors.
import { type BatchLine, checkLines, type LineRules } from "./check-lines.ts";
import type { FileStore } from "./file-store.ts";
import { Refusal } from "./refusal.ts";

export type BatchStatus =
  | "validating"
  | "failed"
  | "in_progress"
  | "finalizing"
  | "completed"
  | "expired"
  | "cancelling"
  | "cancelled";

/** How one batch goes. */
export type BatchPlan = {
  /** Its state at each question after it; the last one stays. Default: in progress, finalizing, completed. */
  steps?: readonly BatchStatus[];
  /** Of the lines of one that expires or is cancelled so many are answered. Default 0. */
  answered?: number;
  /** The file is refused as a whole, with this. */
  failure?: { code: string; message: string; line?: number };
};

export type FakeBatch = { id: string; status: BatchStatus; metadata: Record<string, string> | null } & Record<
  string,
  unknown
>;

/** The `response` of a line. */
export type LineReply = { status_code: number; request_id: string; body: unknown };

export type BatchStoreOptions = {
  files: FileStore;
  rules: Omit<LineRules, "endpoint">;
  /** Works for a line, which is billed unless it is refused. */
  answer(line: BatchLine, batchId: string): LineReply;
};

type Kept = { batch: FakeBatch; plan: BatchPlan; steps: BatchStatus[]; lines: BatchLine[] };

const over: readonly BatchStatus[] = ["failed", "completed", "expired", "cancelled"];
const fields = ["input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"];

export class BatchStore {
  /** One for each batch that is begun, in this order; after the last they go the usual way. */
  readonly plans: BatchPlan[] = [];
  readonly #options: BatchStoreOptions;
  readonly #kept: Kept[] = [];

  constructor(options: BatchStoreOptions) {
    this.#options = options;
  }

  /** The oldest first. */
  get all(): readonly FakeBatch[] {
    return this.#kept.map(({ batch }) => batch);
  }

  create(body: Record<string, unknown>): FakeBatch {
    checkCreation(body);
    const file = this.#options.files.get(String(body.input_file_id));
    if (file.purpose !== "batch") {
      throw new Refusal(400, `The purpose of the file is '${file.purpose}', it must be 'batch'.`, {
        param: "input_file_id",
      });
    }
    const plan = this.plans.shift() ?? {};
    const created = now();
    const batch: FakeBatch = {
      id: `batch_${String(this.#kept.length + 1).padStart(6, "0")}`,
      object: "batch",
      endpoint: body.endpoint,
      errors: null,
      input_file_id: file.id,
      completion_window: "24h",
      status: "validating",
      output_file_id: null,
      error_file_id: null,
      created_at: created,
      expires_at: created + 24 * 60 * 60,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: (body.metadata as Record<string, string> | undefined) ?? null,
    };
    const steps: BatchStatus[] = [...(plan.steps ?? (["in_progress", "finalizing", "completed"] as const))];
    this.#kept.push({ batch, plan, steps, lines: [] });
    return { ...batch };
  }

  /** A question after it: it goes a step on. */
  ask(id: string): FakeBatch {
    const kept = this.#get(id);
    const next = over.includes(kept.batch.status) ? undefined : kept.steps.shift();
    if (next) this.#goTo(kept, next);
    return { ...kept.batch };
  }

  cancel(id: string): FakeBatch {
    const kept = this.#get(id);
    const { batch } = kept;
    if (over.includes(batch.status)) throw new Refusal(409, `Cannot cancel a batch with status '${batch.status}'.`);
    this.#goTo(kept, "cancelling");
    kept.steps = ["cancelled"];
    return { ...batch };
  }

  #get(id: string): Kept {
    const kept = this.#kept.find(({ batch }) => batch.id === id);
    if (!kept) throw new Refusal(404, `No batch found with id '${id}'.`, { param: "id" });
    return kept;
  }

  #goTo(kept: Kept, status: BatchStatus): void {
    const { batch, plan } = kept;
    const isBeginning = batch.status === "validating" && status !== "validating";
    if (isBeginning && !this.#isValid(kept)) return;
    if (over.includes(status))
      this.#finish(kept, status === "completed" ? kept.lines.length : (plan.answered ?? 0), status);
    batch.status = status;
    batch[`${status}_at`] = now();
  }

  #isValid({ batch, plan, lines }: Kept): boolean {
    const { files, rules } = this.#options;
    const read = checkLines(files.contentOf(String(batch.input_file_id)), {
      ...rules,
      endpoint: String(batch.endpoint),
    });
    const complaint = plan.failure ?? ("complaint" in read ? read.complaint : undefined);
    if (complaint || !("lines" in read)) {
      const data = [{ line: null, param: null, ...complaint }];
      Object.assign(batch, { status: "failed", failed_at: now(), errors: { object: "list", data } });
      return false;
    }
    lines.push(...read.lines);
    batch.request_counts = { total: read.lines.length, completed: 0, failed: 0 };
    return true;
  }

  /** Replies come in another order than the requests. */
  #finish({ batch, lines }: Kept, answered: number, status: BatchStatus): void {
    const replies: string[] = [];
    const errors: string[] = [];
    for (const [index, line] of lines.entries()) {
      const head = { id: `batch_req_${batch.id}_${index}`, custom_id: line.customId };
      if (index >= answered) {
        const text = status === "expired" ? "before the completion window expired" : "because the batch was cancelled";
        const error = { code: `batch_${status}`, message: `This request could not be executed ${text}.` };
        errors.unshift(JSON.stringify({ ...head, response: null, error }));
        continue;
      }
      const response = this.#options.answer(line, batch.id);
      const file = response.status_code === 200 ? replies : errors;
      file.unshift(JSON.stringify({ ...head, response, error: null }));
    }
    const write = (name: string, texts: readonly string[]) => {
      const content = Buffer.from(texts.map((text) => `${text}\n`).join(""));
      return texts.length > 0 ? this.#options.files.add(`${batch.id}_${name}.jsonl`, "batch_output", content).id : null;
    };
    batch.output_file_id = write("output", replies);
    batch.error_file_id = write("error", errors);
    batch.request_counts = {
      total: lines.length,
      completed: replies.length,
      failed: Math.max(0, answered - replies.length),
    };
  }
}

function checkCreation(body: Record<string, unknown>): void {
  const other = Object.keys(body).find((name) => !fields.includes(name));
  if (other) throw new Refusal(400, `Unknown parameter: '${other}'.`, { param: other });
  if (typeof body.input_file_id !== "string") throw new Refusal(400, "Missing required parameter: 'input_file_id'.");
  if (body.endpoint !== "/v1/chat/completions") {
    throw new Refusal(400, `Invalid value: '${body.endpoint}'. Supported here: '/v1/chat/completions'.`, {
      param: "endpoint",
    });
  }
  if (body.completion_window !== "24h") {
    throw new Refusal(400, `Invalid value: '${body.completion_window}'. Value must be '24h'.`, {
      param: "completion_window",
    });
  }
  const { metadata } = body;
  if (metadata === undefined || metadata === null) return;
  const pairs = Object.entries(metadata as Record<string, unknown>);
  const isRight = pairs.every(([name, value]) => name.length <= 64 && typeof value === "string" && value.length <= 512);
  if (typeof metadata !== "object" || pairs.length > 16 || !isRight) {
    throw new Refusal(400, "Invalid 'metadata': at most 16 pairs of texts of up to 64 and 512 characters.", {
      param: "metadata",
    });
  }
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}
