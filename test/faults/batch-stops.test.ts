// B8 of batches and runs: told to end, they begin nothing more, let what is under way be answered, and lose nothing.
import { expect, it } from "vitest";
import { answerTo, type BatchBench, batchBench, type Worker } from "./batch-processes.ts";

const drainMs = 10_000;
const limit = { timeout: 60_000 };
const rows = 24;
const concurrency = 4;
const answers = Array.from({ length: rows }, (_, number) => answerTo(number));
/** A question takes two. */
const replies = 2 * rows;

async function told(bench: BatchBench, worker: Worker, signal: NodeJS.Signals): Promise<number> {
  await bench.asked(10);
  worker.child.kill(signal);
  await worker.closing;
  return bench.server.requests.length;
}

it.each([
  ["SIGTERM", 0],
  ["SIGINT", 130],
] as const)(
  "a batch that %s ends lets the rows under way be answered, ends with %i, and another process goes on without asking anything twice",
  limit,
  async (signal, code) => {
    const bench = await batchBench({ rows, delayMs: () => 50 });
    const first = bench.start({});
    const before = await told(bench, first, signal);
    const ended = await first.ended;
    expect(ended).toMatchObject({ code, signal: null });
    expect(ended.ms).toBeLessThan(drainMs);
    // Rows under way may ask once more, after their tool.
    expect(bench.server.requests.length - before).toBeLessThanOrEqual(2 * concurrency);
    expect(bench.server.requests.length).toBeLessThan(replies);
    const second = bench.start({});
    expect(await second.ended).toMatchObject({ code: 0 });
    expect(await bench.answersInOutput()).toEqual(answers);
    expect(bench.server.requests.filter(({ billed }) => billed)).toHaveLength(replies);
  },
);

it("runs that SIGTERM ends stop between two steps, and another process goes on with the next step", limit, async () => {
  const bench = await batchBench({ rows, delayMs: () => 50 });
  const first = bench.start({ dataset: "", runs: rows });
  const before = await told(bench, first, "SIGTERM");
  const ended = await first.ended;
  expect(ended).toMatchObject({ code: 0, signal: null });
  expect(ended.ms).toBeLessThan(drainMs);
  expect(bench.server.requests.length - before).toBeLessThanOrEqual(concurrency);
  const second = bench.start({ dataset: "", runs: rows });
  expect(await second.ended).toMatchObject({ code: 0 });
  expect(second.told.answers).toEqual(answers);
  expect(bench.server.requests.filter(({ billed }) => billed)).toHaveLength(replies);
});

it(
  "a batch that is told to end twice ends at once, and pays no more than what was under way a second time",
  limit,
  async () => {
    let delayMs = 50;
    const bench = await batchBench({ rows, delayMs: () => delayMs });
    const first = bench.start({});
    await bench.asked(10);
    delayMs = 120_000;
    const hanging = bench.server.requests.length + concurrency;
    await bench.asked(hanging);
    first.child.kill("SIGTERM");
    await first.closing;
    first.child.kill("SIGTERM");
    expect(await first.ended).toMatchObject({ code: null, signal: "SIGTERM" });
    delayMs = 1;
    const second = bench.start({});
    expect(await second.ended).toMatchObject({ code: 0 });
    // What the tool of a row under way came to may not have been kept yet: then it is told so, and not carried out again.
    const given = (await bench.answersInOutput()).map(String);
    const unknown = given.filter((answer) => answer.includes("Whether it took effect is unknown"));
    expect(unknown.length).toBeLessThanOrEqual(concurrency);
    expect(given).toEqual(
      answers.map((answer, number) => (unknown.includes(given[number] ?? "") ? given[number] : answer)),
    );
    expect(bench.server.requests.filter(({ billed }) => billed).length).toBeLessThanOrEqual(replies + concurrency);
  },
);
