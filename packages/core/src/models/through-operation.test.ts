import { describe, expect, it } from "vitest";
import { BesedaError } from "../errors.ts";
import type { Operation, Operations } from "../ports/operation.ts";
import { throughOperation } from "./through-operation.ts";

/** Remembers what was asked of it; the operation is done at the third poll. */
function service(changes: Partial<Operations<string, string>> = {}) {
  const asked: string[] = [];
  let polls = 0;
  const operations: Operations<string, string> = {
    async submit(request, { key } = {}) {
      asked.push(`submit ${request}${key ? "" : " without a key"}`);
      return { id: "op1", done: false };
    },
    async poll(id): Promise<Operation<string>> {
      asked.push(`poll ${id}`);
      return ++polls < 3 ? { id, done: false } : { id, done: true, response: "painted" };
    },
    async cancel(id) {
      asked.push(`cancel ${id}`);
      return { id, done: true, error: new BesedaError("cancelled", { code: "aborted" }) };
    },
    ...changes,
  };
  return { asked, operations };
}

describe("an operation that is waited for from the asking on", () => {
  it("gives its response, and tells its id before it is asked after", async () => {
    const { asked, operations } = service();
    const seen: string[] = [];
    const response = await throughOperation(operations, "a fox", {
      pollMs: 1,
      onProgress: ({ id, done }) => seen.push(`${id} ${done} after ${asked.length}`),
    });
    expect(response).toBe("painted");
    expect(asked).toEqual(["submit a fox", "poll op1", "poll op1", "poll op1"]);
    expect(seen[0]).toBe("op1 false after 1");
    expect(seen).toHaveLength(4);
  });

  it("is called off where nobody waits for it any more, even when that comes before its id", async () => {
    const stop = new AbortController();
    let begin = (_: Operation<string>) => {};
    const { asked, operations } = service({
      submit: () =>
        new Promise((resolve) => {
          begin = resolve;
        }),
    });
    const response = throughOperation(operations, "a fox", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(response).rejects.toThrow("enough");
    expect(asked).toEqual([]);
    begin({ id: "late", done: false });
    await expect.poll(() => asked).toEqual(["cancel late"]);
  });

  it("is not begun any more where its asking still waits for its turn when nobody waits for it", async () => {
    const stop = new AbortController();
    let hasLeft = false;
    const { asked, operations } = service({
      submit: (_, { untilSent } = {}) =>
        new Promise((_resolve, reject) => {
          untilSent?.addEventListener("abort", () => {
            hasLeft = true;
            reject(untilSent.reason);
          });
        }),
    });
    const response = throughOperation(operations, "a fox", { signal: stop.signal });
    stop.abort(new Error("enough"));
    await expect(response).rejects.toThrow("enough");
    expect(hasLeft).toBe(true);
    expect(asked).toEqual([]);
  });

  it("is not begun for a signal that is aborted already, and not called off where it failed by itself", async () => {
    const { asked, operations } = service({
      poll: async (id) => ({ id, done: true, error: new BesedaError("no", { code: "rejected" }) }),
    });
    await expect(
      throughOperation(operations, "a", { signal: AbortSignal.abort(new Error("no more")) }),
    ).rejects.toThrow("no more");
    expect(asked).toEqual([]);
    await expect(throughOperation(operations, "b")).rejects.toMatchObject({ code: "rejected" });
    expect(asked).toEqual(["submit b"]);
  });
});
