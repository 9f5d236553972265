import { Agent, BesedaError, type ErrorDetails, type ModelEvent, type ModelRequest, textOf, tool } from "@beseda/core";
import { describe, expect, it } from "vitest";
import { goOn, outputOf, type PartPlace, partPlace, workOn } from "../part-place.fake.ts";
import { type Answer, type MemoryBatches, type MemoryBatchesOptions, memoryBatches } from "./memory-batches.fake.ts";

const usage = { inputTokens: 3, outputTokens: 2, totalTokens: 5 };
const limits = { concurrency: 16, pollMs: 1 };
const inRounds = { calls: "batch", pollMs: 1 } as const;

function says(text: string): ModelEvent[] {
  return [
    { type: "text-delta", text },
    { type: "finish", finishReason: "stop", usage },
  ];
}

function questionOf({ messages: [first] }: ModelRequest): string {
  return first ? textOf(first) : "";
}

function failed(message: string, details: ErrorDetails): BesedaError {
  return new BesedaError(message, details);
}

async function partOf(
  rows: number,
  { answer = () => says("Yes."), ...options }: MemoryBatchesOptions & { answer?: Answer },
): Promise<{ place: PartPlace; model: MemoryBatches }> {
  const model = memoryBatches(answer, options);
  const look = tool({ name: "look", description: "Looks.", inputSchema: { type: "object" }, execute: () => "seen" });
  return { model, place: await partPlace(new Agent({ model, tools: [look] }), { ...inRounds, rows }) };
}

const sizes = ({ taken }: MemoryBatches) => taken.map(({ requests }) => requests.length);

describe("a batch that was begun", () => {
  it.each<["poll" | "reply", ErrorDetails["code"]]>([
    ["poll", "not-found"],
    ["poll", "bad-response"],
    ["poll", "rejected"],
    ["poll", "unauthorized"],
    ["reply", "not-found"],
    ["reply", "bad-response"],
    ["reply", "invalid-argument"],
    ["reply", "internal"],
  ])("is kept where a %s fails as %s, and waited for when the part is gone on with", async (asked, code) => {
    let isBroken = true;
    const { place, model } = await partOf(5, {
      onCall(call, nth) {
        if (call === asked && isBroken && (asked === "poll" || nth === 3)) throw failed("Not now.", { code });
      },
    });
    const { metadata } = await workOn(place);
    const error = { code, message: expect.stringContaining("batch-1"), hint: expect.stringContaining("waited for") };
    expect(metadata).toMatchObject({ stopped: "refused", error, withService: [{ id: "batch-1" }] });
    isBroken = false;
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 5, providerBatches: 1 } });
    expect(sizes(model)).toEqual([5]);
  });

  it("is sent anew where its service does not know it when it is asked again, either", async () => {
    const { place, model } = await partOf(3, {
      onCall(call) {
        if (call === "poll" && model.polls.at(-1) === "batch-1") throw failed("No such batch.", { code: "not-found" });
      },
    });
    const error = { code: "not-found", hint: expect.stringContaining("sent again") };
    expect((await workOn(place)).metadata).toMatchObject({ stopped: "refused", error });
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 2 } });
    expect(model.taken.map(({ key }) => key)).toEqual([...new Set(model.taken.map(({ key }) => key))]);
  });

  it("is sent anew where it is known and done, and its replies are gone when they are asked for again, too", async () => {
    const { place, model } = await partOf(3, {
      onCall(call) {
        if (call === "reply" && model.taken.length === 1) throw failed("No such file.", { code: "not-found" });
      },
    });
    expect((await workOn(place)).metadata).toMatchObject({ stopped: "refused", withService: [{ id: "batch-1" }] });
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 2 } });
  });

  it("is kept where its service has not known it twice, and has known it in between", async () => {
    const { place, model } = await partOf(3, {
      unfinished: 4,
      onCall(call, nth) {
        if (call === "poll" && (nth === 1 || nth === 3)) throw failed("No such batch.", { code: "not-found" });
      },
    });
    for (let time = 0; time < 2; time++) {
      expect((await workOn(place)).metadata).toMatchObject({ stopped: "refused", withService: [{ id: "batch-1" }] });
      await goOn(place, limits);
    }
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 1 } });
    expect(sizes(model)).toEqual([3]);
  });

  it("and is cancelled by others keeps what was answered: going on sends the rest", async () => {
    const late = failed("Not answered.", { code: "aborted", isRetryable: true });
    const { place, model } = await partOf(5, {
      answer: (_, { batch, index }) => (batch === 1 && index > 2 ? late : says("Yes.")),
      end: (_, nth) => (nth === 1 ? failed("The batch was cancelled.", { code: "aborted" }) : undefined),
    });
    const error = { code: "aborted", message: "The batch was cancelled.", hint: expect.stringContaining("--resume") };
    expect((await workOn(place)).metadata).toMatchObject({ stopped: "refused", error, usage: { totalTokens: 15 } });
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 5, failed: 0 } });
    expect(sizes(model)).toEqual([5, 2]);
  });

  it("and fails for good is sent anew when the part is gone on with", async () => {
    const { place, model } = await partOf(3, {
      end: (_, nth) => (nth === 1 ? failed("It broke.", { code: "unavailable" }) : undefined),
    });
    const error = { code: "unavailable", message: "The batch batch-1 of test:batched has failed: It broke." };
    expect((await workOn(place)).metadata).toMatchObject({ stopped: "refused", error });
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 2 } });
    expect(new Set(model.taken.map(({ key }) => key)).size).toBe(2);
  });

  it("and fails in passing is begun again at once by the same key, and asked after no more", async () => {
    const full = failed("No more may wait.", { code: "rate-limited", isRetryable: true, retryAfterMs: 1 });
    const { place, model } = await partOf(3, { end: (_, nth) => (nth < 3 ? full : undefined) });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 3, providerBatches: 3 } });
    expect(new Set(model.taken.map(({ key }) => key)).size).toBe(1);
    expect(model.polls.filter((id) => id === "batch-1")).toHaveLength(2);
  });

  it("and fails because of a row is divided: only that row has an error", async () => {
    const bad = failed("Request 2 is too long.", { code: "rejected" });
    const { place, model } = await partOf(8, {
      end: (requests) => (requests.some((request) => questionOf(request) === "row 2") ? bad : undefined),
    });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 7, failed: 1 } });
    expect(sizes(model)).toEqual([8, 4, 4, 2, 2, 1, 1]);
    const rows = await outputOf(place);
    expect(rows[1]).toMatchObject({ attempts: 1, error: { code: "rejected", message: "Request 2 is too long." } });
  });

  it("is called off with the service though the part was called off while it was being begun", async () => {
    const cancelled: string[] = [];
    const { place, model } = await partOf(4, {
      onCall: (call) => (call === "started" ? place.engine.cancel("batch-1") : undefined),
    });
    const { cancel } = model.batches;
    model.batches.cancel = (id) => {
      cancelled.push(id);
      return cancel(id);
    };
    expect((await workOn(place)).outcome).toMatchObject({ error: { code: "aborted" } });
    expect(cancelled).toEqual(["batch-1"]);
  });
});

describe("a batch that is refused before it is taken", () => {
  it("is divided until it is small enough, however often that is", async () => {
    const { place, model } = await partOf(40, {
      refuse: ({ length }) => (length > 3 ? failed("Too many.", { code: "too-large" }) : undefined),
    });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 40, failed: 0 } });
    expect(Math.max(...sizes(model))).toBe(3);
  });

  it("and so is each of its rows, stops the part where none of a round is taken: nothing is said of the rows", async () => {
    let isPaid = true;
    const { place, model } = await partOf(10, {
      answer({ messages }) {
        if (messages.at(-1)?.role === "tool") return says("Done.");
        isPaid = false;
        return [
          { type: "tool-call", toolCallId: "1", toolName: "look", input: "{}" },
          { type: "finish", finishReason: "tool-calls", usage },
        ];
      },
      refuse: () => (isPaid ? undefined : failed("The limit of your account is reached.", { code: "rejected" })),
    });
    const error = { code: "rejected", message: "The limit of your account is reached." };
    expect(await workOn(place)).toMatchObject({ state: "waiting", metadata: { stopped: "refused", failed: 0, error } });
    isPaid = true;
    await goOn(place, limits);
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 10, failed: 0 } });
    expect(sizes(model)).toEqual([10, 10]);
  });

  it("and is of the last row is the error of that row", async () => {
    const { place } = await partOf(1, { refuse: () => failed("No.", { code: "rejected" }) });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 0, failed: 1 } });
  });
});

describe("a row in rounds", () => {
  it("that fails counts as attempts how often it was asked, the last time included", async () => {
    const busy = failed("Too much to do.", { code: "unavailable", isRetryable: true });
    const { place } = await partOf(3, {
      answer: (request) =>
        ({ "row 1": busy, "row 2": failed("No.", { code: "rejected" }) })[questionOf(request)] ?? says("Yes."),
    });
    await workOn(place);
    expect((await outputOf(place)).map(({ attempts, error }) => [attempts, error?.code])).toEqual([
      [5, "unavailable"],
      [1, "rejected"],
      [1, undefined],
    ]);
  });

  it("is given time to be answered by a model that is asked directly, as whole replies are", async () => {
    const model = memoryBatches(() => says("Yes."));
    const { batches: _none, ...direct } = memoryBatches(() => says("Yes."), { modelId: "direct" });
    const slow = {
      ...direct,
      async *stream(...asked: Parameters<typeof direct.stream>) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        yield* direct.stream(...asked);
      },
    };
    const agent = new Agent({ model, prepareStep: () => ({ model: slow }), timeouts: { firstChunkMs: 5 } });
    const place = await partPlace(agent, { ...inRounds, rows: 2 });
    expect((await workOn(place)).outcome).toMatchObject({ response: { finished: 2, failed: 0 } });
    expect(direct.asked).toHaveLength(2);
  });
});
