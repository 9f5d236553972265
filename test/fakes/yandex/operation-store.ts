// The operations of the fake: begun by many services, asked after by id, done when their plan says so, gone after a time.
import { Refusal } from "./refusal.ts";

type Json = Record<string, unknown>;

export type OperationError = { code: number; message: string };

/** What is to become of an operation. Without any of these it is done when it is first asked after. */
export type OperationPlan = {
  /** So many polls find it unfinished; `release`: until `release()`; `never`. Default 0. */
  unfinished?: number | "release" | "never";
  /** It fails with this; nothing else becomes of it. */
  error?: OperationError;
  /** The service has never heard of it when it is asked: 404. `2`: from the third poll on. */
  lost?: true | number;
};

/** What a service begins. */
export type NewOperation = {
  /** How the id begins: `d7q`, `fbv` … */
  prefix: string;
  description?: string;
  /** Images come without times and without who made them. Default true. */
  hasTimes?: boolean;
  /** Made when the operation is done. A thrown `Refusal` becomes its error. */
  response: () => Json;
  /** Made at each poll, by how many there were. Default: null. */
  metadata?: (polls: number, isDone: boolean) => Json | null;
  /** How long it is known after it was begun. Default 3 days. */
  keptMs?: number;
  /** Called when it is called off while it goes on. */
  cancelled?: () => void;
  /** Overrides the plan of the script. */
  plan?: OperationPlan;
};

export type FakeOperation = {
  readonly id: string;
  readonly begun: number;
  polls: number;
  /** Undefined while it goes on. */
  outcome: { response: Json } | { error: OperationError } | undefined;
  /** Somebody has been given the outcome. */
  isCollected: boolean;
  isCancelled: boolean;
};

type Kept = FakeOperation & { order: NewOperation; plan: OperationPlan; modified: number };

const threeDays = 3 * 86_400_000;

export class OperationStore {
  /** Taken one by one by the operations that are begun from now on. */
  readonly plans: OperationPlan[] = [];
  /** Of operations for which there is no other. */
  defaultPlan: OperationPlan = {};
  readonly #kept = new Map<string, Kept>();
  readonly #clock: { now(): number };
  readonly #createdBy: string;
  #number = 0;

  constructor(clock: { now(): number }, createdBy: string) {
    this.#clock = clock;
    this.#createdBy = createdBy;
  }

  get all(): readonly FakeOperation[] {
    return [...this.#kept.values()];
  }

  /** Those that nobody has fetched and nobody has called off: paid for, and lost for whoever ordered them. */
  get orphans(): readonly FakeOperation[] {
    return this.all.filter(({ isCollected, isCancelled }) => !isCollected && !isCancelled);
  }

  /** @returns what the service answers at once; its `id` is in it */
  begin(order: NewOperation): Json & { id: string } {
    const id = this.newId(order.prefix);
    const begun = this.#clock.now();
    const plan = order.plan ?? this.plans.shift() ?? this.defaultPlan;
    const state = { polls: 0, outcome: undefined, isCollected: false, isCancelled: false };
    const operation: Kept = { id, begun, modified: begun, order, plan, ...state };
    this.#kept.set(id, operation);
    return this.#wire(operation);
  }

  /** Twenty characters, as those of the service. */
  newId(prefix: string): string {
    return `${prefix}${(++this.#number).toString(36).padStart(20 - prefix.length, "0")}`;
  }

  /** @throws Refusal 404 for one that is lost, was never there, or is too old */
  poll(id: string): Json & { id: string } {
    const operation = this.#find(id);
    operation.polls++;
    const { lost, unfinished = 0 } = operation.plan;
    if (lost === true || (lost !== undefined && operation.polls > lost)) throw notFound(id);
    if (typeof unfinished === "number" && operation.polls > unfinished) this.#finish(operation);
    if (operation.outcome) operation.isCollected = true;
    return this.#wire(operation);
  }

  /** One that is done stays as it is. */
  cancel(id: string): Json & { id: string } {
    const operation = this.#find(id);
    if (operation.plan.lost === true) throw notFound(id);
    if (!operation.outcome) {
      operation.isCancelled = true;
      operation.order.cancelled?.();
      this.#end(operation, { error: { code: 1, message: "The operation was cancelled" } });
    }
    return this.#wire(operation);
  }

  /** Finishes what waits for it; without an id, all of that. */
  release(id?: string): void {
    for (const operation of this.#kept.values()) {
      const isMeant = id === undefined ? operation.plan.unfinished === "release" : operation.id === id;
      if (isMeant) this.#finish(operation);
    }
  }

  /** From now on nobody has heard of it. */
  lose(id: string): void {
    this.#find(id).plan = { lost: true };
  }

  #finish(operation: Kept): void {
    if (operation.outcome) return;
    this.#end(operation, outcomeOf(operation));
  }

  #end(operation: Kept, outcome: NonNullable<FakeOperation["outcome"]>): void {
    operation.outcome = outcome;
    operation.modified = this.#clock.now();
  }

  #find(id: string): Kept {
    const operation = this.#kept.get(id);
    if (!operation || this.#clock.now() - operation.begun > (operation.order.keptMs ?? threeDays)) throw notFound(id);
    return operation;
  }

  #wire({ id, begun, modified, polls, outcome, order }: Kept): Json & { id: string } {
    const hasTimes = order.hasTimes ?? true;
    return {
      done: outcome !== undefined,
      ...(outcome && "error" in outcome && { error: { ...outcome.error, details: [] } }),
      ...(outcome && "response" in outcome && { response: outcome.response }),
      id,
      description: order.description ?? "",
      createdAt: hasTimes ? time(begun) : null,
      createdBy: hasTimes ? this.#createdBy : "",
      modifiedAt: hasTimes ? time(modified) : null,
      metadata: order.metadata?.(polls, outcome !== undefined) ?? null,
    };
  }
}

function outcomeOf({ order, plan }: Kept): NonNullable<FakeOperation["outcome"]> {
  if (plan.error) return { error: plan.error };
  try {
    return { response: order.response() };
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    return { error: { code: refusal.grpcCode, message: refusal.message } };
  }
}

function notFound(id: string): Refusal {
  return new Refusal(5, `Operation ${id} not found`);
}

/** To the second, as the service writes it. */
function time(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`;
}
