// B6 of a batch: processes that want the same one at the same time.
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { answerTo, type BatchBench, batchBench } from "./batch-processes.ts";

const rows = 24;
const limit = { timeout: 60_000 };
const answers = Array.from({ length: rows }, (_, number) => answerTo(number));
const billed = ({ server }: BatchBench) => server.requests.filter((request) => request.billed).length;

it(
  "a batch that is being worked on is refused to another process, which is told by whom, and each row is paid for once",
  limit,
  async () => {
    const bench = await batchBench({ rows, delayMs: () => 50 });
    const first = bench.start({ resume: false });
    await bench.asked(5);
    const second = bench.start({ resume: false });
    expect(await second.ended).toMatchObject({ code: 1 });
    expect(second.told.error).toMatchObject({ code: "locked", message: expect.stringContaining(hostname()) });
    expect(second.told.error?.message).toContain(String(first.child.pid));
    expect(await first.ended).toMatchObject({ code: 0 });
    expect(await bench.answersInOutput()).toEqual(answers);
    expect(billed(bench)).toBe(2 * rows);
  },
);

it(
  "of two processes that begin the same batch at the same moment one does, the other is told, and each row is paid for once",
  limit,
  async () => {
    const bench = await batchBench({ rows, delayMs: () => 50 });
    const both = [bench.start({ resume: false }), bench.start({ resume: false })];
    const ended = await Promise.all(both.map((worker) => worker.ended));
    expect(ended.map(({ code }) => code).sort()).toEqual([0, 1]);
    const loser = both[ended.findIndex(({ code }) => code === 1)];
    expect(loser?.told.error?.message).toMatch(/is being worked on by|was begun and is not finished/);
    expect(await bench.answersInOutput()).toEqual(answers);
    expect(billed(bench)).toBe(2 * rows);
  },
);

it(
  "two processes that go on with the same batch at the same moment share it, and each row is paid for once",
  limit,
  async () => {
    const bench = await batchBench({ rows: 1_100, delayMs: () => 1 });
    const both = [bench.start({ concurrency: 64 }), bench.start({ concurrency: 64 })];
    expect((await Promise.all(both.map((worker) => worker.ended))).map(({ code }) => code)).toEqual([0, 0]);
    expect(await bench.answersInOutput()).toEqual(Array.from({ length: 1_100 }, (_, number) => answerTo(number)));
    expect(billed(bench)).toBe(2 * 1_100);
  },
);
