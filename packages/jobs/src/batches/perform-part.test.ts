import { Agent, BesedaError, type LanguageModel, type ModelEvent, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { claimPart, closeEngines, mortalWorker, outputOf, type PartPlace, partPlace, type Worker, workOn } from "./part/part-place.fake.ts";

afterEach(async () => {
  vi.useRealTimers();
  await closeEngines();
});

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };

/** Answers `row 7` with `answer 7`, after `work`. */
function answering(work: (question: string) => unknown = () => {}): LanguageModel & { asked: string[] } {
  const asked: string[] = [];
  return {
    provider: "test",
    modelId: "echo",
    asked,
    async *stream({ messages }): AsyncGenerator<ModelEvent[]> {
      const question = String(messages.at(-1)?.role === "user" ? messages.at(-1)?.content : "");
      asked.push(question);
      await work(question);
      yield [
        { type: "text-delta", text: question.replace("row", "answer") },
        { type: "finish", finishReason: "stop", usage },
      ];
    },
  };
}

describe("a part of a batch", () => {
  it("answers each row once, and its output has the rows in their order with their cells", async () => {
    const model = answering(() => new Promise((resolve) => setTimeout(resolve, Math.random() * 3)));
    const place = await partPlace(new Agent({ model }), { rows: 50 });
    const job = await workOn(place);
    expect(job.outcome).toEqual({
      response: {
        rows: 50,
        finished: 50,
        failed: 0,
        usage: { inputTokens: 150, outputTokens: 100, totalTokens: 250 },
        providerBatches: 0,
      },
    });
    const rows = await outputOf(place);
    expect(rows.map(({ number }) => number)).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(rows[6]).toMatchObject({
      cells: { prompt: "row 7" },
      response: "answer 7",
      reasoning: null,
      toolCalls: [],
      finishReason: "stop",
      usage,
      error: null,
      model: "test:echo",
      steps: 1,
      attempts: 1,
    });
    expect(model.asked).toHaveLength(50);
  });

  it("writes nothing but results where rows take one reply", async () => {
    const place = await partPlace(new Agent({ model: answering() }), { rows: 40 });
    const written = await keysWrittenBy(place);
    expect(written.filter((key) => key.startsWith("row/"))).toHaveLength(40);
    expect(written.filter((key) => !key.startsWith("row/") && key !== "begun")).toEqual([]);
  });

  it("begins no row before it is known that it was begun", async () => {
    const marked = new Set<number>();
    const model = answering((question) => expect(marked).toContain(Number(question.slice(4))));
    const place = await partPlace(new Agent({ model }), { rows: 60, concurrency: 4 });
    const lease = await claimPart(place);
    const write = lease.write.bind(lease);
    lease.write = async (entries) => {
      await write(entries);
      for (const [key, value] of entries) if (key === "begun") for (const line of value as number[]) marked.add(line);
    };
    const job = await workOn(place, { lease });
    expect(job.outcome).toMatchObject({ response: { finished: 60, failed: 0 } });
  });

  it("after a crash asks no row again that has its answer, and loses none", async () => {
    let worker: Worker | undefined;
    const model = answering(() => {
      if (model.asked.length === 150) worker?.die();
      return new Promise((resolve) => setImmediate(resolve));
    });
    const place = await partPlace(new Agent({ model }), { rows: 400 });
    worker = await mortalWorker(place);
    void workOn(place, { lease: worker.lease });
    await worker.hasDied;
    const job = await workOn(place);
    expect(job.outcome).toMatchObject({ response: { rows: 400, finished: 400, failed: 0 } });
    expect((await outputOf(place)).map(({ number }) => number)).toEqual(upTo(400));
    expect(new Set(model.asked).size).toBe(400);
    expect(model.asked.length).toBeLessThanOrEqual(400 + 16);
  });
});

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function keysWrittenBy(place: PartPlace): Promise<string[]> {
  const lease = await claimPart(place);
  const keys: string[] = [];
  const write = lease.write.bind(lease);
  lease.write = (entries) => {
    keys.push(...entries.map(([key]) => key));
    return write(entries);
  };
  await workOn(place, { lease });
  return keys;
}
