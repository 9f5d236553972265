// What goes wrong at any door of the fake, by script: refusals in any shape, answers that wait, connections that break.
import { type ErrorShape, errorBody, type GrpcCode, Refusal } from "./refusal.ts";

/**
 * Which requests, and what becomes of them.
 * `{ path: "/operations/", refuse: { code: 8, message: "…" }, times: 3 }`,
 * `{ path: "/completion", cut: "request" }`, `{ method: "POST", raw: { status: 502, body: "<h1>Bad Gateway</h1>" } }`
 */
export type Fault = FaultKind & {
  method?: string;
  /** Part of the path, or a pattern of it. Default: any. */
  path?: string | RegExp;
  /** How many such requests are met with it. Default 1. */
  times?: number;
  /** So many are let through before. Default 0. */
  after?: number;
};

export type FaultKind =
  /** Instead of the answer, in the shape of the door or another one. */
  | { refuse: { code: GrpcCode; message: string; shape?: ErrorShape }; headers?: Record<string, string> }
  /** Whatever the service should never send. A body that is no string is sent as JSON. */
  | { raw: { status: number; body: unknown }; headers?: Record<string, string> }
  /**
   * The connection breaks: when the request is there, before anything is done; or when the work is done and paid for, in
   * place of its answer, or after so many bytes of it.
   */
  | { cut: "request" | "answer" | number }
  /** The request is let in when this settles. */
  | { until: Promise<unknown> }
  /** The work is done and paid for, and the answer is sent when this settles. Of streams no piece waits: `holdAt` is for them. */
  | { answerAfter: Promise<unknown> };

export class Faults {
  readonly #open: { fault: Fault; left: number; skip: number }[] = [];

  /** They are met in this order: one request meets one fault. */
  add(...faults: Fault[]): void {
    for (const fault of faults) this.#open.push({ fault, left: fault.times ?? 1, skip: fault.after ?? 0 });
  }

  clear(): void {
    this.#open.length = 0;
  }

  take(method: string, path: string): Fault | undefined {
    for (const open of this.#open) {
      if (open.left === 0 || !isMeant(open.fault, method, path)) continue;
      if (open.skip > 0) {
        open.skip--;
        return undefined;
      }
      open.left--;
      return open.fault;
    }
    return undefined;
  }
}

/** Status and body where a fault stands for the answer. */
export function faultReply(
  fault: FaultKind,
  shape: ErrorShape,
): { status: number; body: unknown; headers: Record<string, string> } | undefined {
  if ("raw" in fault) return { ...fault.raw, headers: fault.headers ?? {} };
  if (!("refuse" in fault)) return undefined;
  const refusal = new Refusal(fault.refuse.code, fault.refuse.message);
  const body = errorBody(refusal, fault.refuse.shape ?? shape);
  return { status: refusal.status, body, headers: fault.headers ?? {} };
}

function isMeant(fault: Fault, method: string, path: string): boolean {
  if (fault.method !== undefined && fault.method !== method) return false;
  if (fault.path === undefined) return true;
  return typeof fault.path === "string" ? path.includes(fault.path) : fault.path.test(path);
}
