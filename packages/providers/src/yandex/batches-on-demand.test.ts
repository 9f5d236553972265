import type { ModelBatches } from "@beseda/core";
import { expect, it } from "vitest";
import { batchesOnDemand } from "./batches-on-demand.ts";

const reply = { index: 0, events: [] };

function counted() {
  let loads = 0;
  const batches = batchesOnDemand(async (): Promise<ModelBatches> => {
    loads++;
    return {
      start: async (_requests, { key }) => ({ id: key, done: false }),
      poll: async (id) => ({ id, done: true, response: { answered: 1 } }),
      cancel: async (id) => ({ id, done: true }),
      async *replies() {
        yield reply;
      },
    };
  });
  return { batches, loads: () => loads };
}

it("what batches need is loaded once, by the first who uses them", async () => {
  const { batches, loads } = counted();
  expect(loads()).toBe(0);
  expect(await batches.start([], { key: "k" })).toEqual({ id: "k", done: false });
  expect(await batches.poll("a")).toMatchObject({ id: "a", done: true, response: { answered: 1 } });
  expect(await batches.cancel("b")).toEqual({ id: "b", done: true });
  const replies = [];
  for await (const each of batches.replies("a", [])) replies.push(each);
  expect(replies).toEqual([reply]);
  expect(loads()).toBe(1);
});

it("what cannot be loaded is told to each who uses them", async () => {
  const batches = batchesOnDemand(() => Promise.reject(new Error("not installed")));
  await expect(batches.poll("a")).rejects.toThrow("not installed");
  await expect(batches.replies("a", [])[Symbol.asyncIterator]().next()).rejects.toThrow("not installed");
});
