// P3, other way round: limits that are set here are kept, so that a service that knows no mercy has nothing to refuse. The
// sockets are real, the clock is not; judged by the server's ledger.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type LanguageModel, type RateLimitOptions, rateLimited } from "@beseda/core";
import type { ReceivedRequest, ServerReply } from "@beseda/core/testing";
import { createJobs, localEngine } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { expect, it, onTestFinished, vi } from "vitest";
import { until } from "./fake-time.ts";
import { serving, tell, turn } from "./fault-bench.ts";

const limits = { requestsPerMinute: 120, tokensPerMinute: 10_000, concurrency: 6 };
const minuteMs = 60_000;
/** A second, less what the clock here may be late. */
const secondMs = 950;
const stepMs = 20;

type Entry = { at: number; over: number; input: number; output: number };

/** Counts to the token, whatever its clients take for one: what it reads when it comes, what it writes when it is written. */
class StrictLedger {
  readonly accepted: Entry[] = [];
  refused = 0;

  take({ body, receivedAt: at }: ReceivedRequest, number: number): ServerReply {
    const read = (body.messages as { content: string }[]).map(({ content }) => content).join("");
    const input = 10 + Math.ceil(read.length / 3.4);
    const output = 20 + ((number * 37) % 90);
    const delayMs = 300 + ((number * 613) % 4_000);
    const reason = this.#reason(at, input);
    if (reason) {
      this.refused++;
      return { status: 429, headers: { "retry-after": "5" }, body: { error: { message: reason } } };
    }
    this.accepted.push({ at, over: at + delayMs, input, output });
    const usage = { prompt_tokens: input, completion_tokens: output, total_tokens: input + output };
    return { text: `answer ${number}`, usage, delayMs };
  }

  #reason(now: number, input: number): string | undefined {
    const { requestsPerMinute, tokensPerMinute, concurrency } = limits;
    if (this.requestsIn(now, minuteMs) >= requestsPerMinute) return "too many requests in a minute";
    if (this.requestsIn(now, secondMs) >= requestsPerMinute / 60) return "too many requests in a second";
    if (this.tokensIn(now) + input > tokensPerMinute) return "too many tokens in a minute";
    if (this.openAt(now) >= concurrency) return "too many requests at once";
    return undefined;
  }

  /** In the time before `now`. */
  requestsIn(now: number, ms: number): number {
    return this.accepted.filter(({ at }) => at > now - ms && at <= now).length;
  }

  tokensIn(now: number): number {
    const isIn = (at: number) => at > now - minuteMs && at <= now;
    return this.accepted.reduce(
      (sum, { at, over, input, output }) => sum + (isIn(at) ? input : 0) + (isIn(over) ? output : 0),
      0,
    );
  }

  openAt(now: number): number {
    return this.accepted.filter(({ at, over }) => at <= now && over > now).length;
  }
}

const rows = Array.from({ length: 100 }, (_, n) => ({ prompt: `Row ${n}: ${"a word or two ".repeat(10 + (n % 30))}` }));

/** What of its requests has not got to the server, and what of the replies that are over has not been heard. */
function watched(model: LanguageModel, ledger: StrictLedger) {
  let sent = 0;
  let ended = 0;
  const watching: LanguageModel = {
    ...model,
    async *stream(request, call) {
      sent++;
      try {
        yield* model.stream(request, call);
      } finally {
        ended++;
      }
    },
  };
  const isQuiet = () => {
    const now = performance.now();
    const answered = ledger.accepted.filter(({ over }) => over + 2 * stepMs < now).length;
    return ledger.accepted.length + ledger.refused >= sent && ended >= answered;
  };
  return { watching, isQuiet };
}

/** Lets time pass until it is over, but none while anything is on its way. */
async function played(over: Promise<unknown>, isQuiet: () => boolean): Promise<void> {
  let isOver = false;
  over.finally(() => (isOver = true)).catch(() => {});
  while (!isOver) {
    for (let turns = 0; turns < 8; turns++) await turn();
    await until(isQuiet);
    vi.advanceTimersByTime(stepMs);
  }
}

async function batchOf(own: RateLimitOptions | undefined, some = rows) {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  onTestFinished(() => void vi.useRealTimers());
  const ledger = new StrictLedger();
  const server = await serving({ respond: (request, number) => ledger.take(request, number) });
  const { watching, isQuiet } = watched(openaiCompatible({ baseURL: server.url, model: "test-model" }), ledger);
  const model = own ? rateLimited(watching, own) : watching;
  const folder = await mkdtemp(join(tmpdir(), "beseda-own-limits-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const jobs = createJobs({ engine: localEngine(join(folder, "jobs")) });
  const answered = (async () => {
    const agent = new Agent({ name: "rows", model });
    const batch = await jobs.batch(agent, some, { output: join(folder, "out.parquet"), concurrency: 16 });
    return batch.result();
  })();
  // Without limits some wait in front of a pause: they are not on their way.
  await played(answered, own ? isQuiet : () => true);
  await played(jobs.close(), () => true);
  return { ledger, result: await answered };
}

it("A batch of 100 rows, 16 at once, is refused nothing where the limits are set", async () => {
  const { ledger, result } = await batchOf(limits);
  expect(result).toMatchObject({ rows: 100, answered: 100 });
  expect(ledger.refused).toBe(0);
  expect(ledger.accepted).toHaveLength(100);
  const moments = ledger.accepted.flatMap(({ at, over }) => [at, over]);
  const most = (count: (now: number) => number) => Math.max(...moments.map(count));
  const tokens = most((now) => ledger.tokensIn(now));
  expect(tokens).toBeLessThanOrEqual(limits.tokensPerMinute);
  expect(most((now) => ledger.openAt(now))).toBeLessThanOrEqual(limits.concurrency);
  const seconds = Math.round((Math.max(...moments) - Math.min(...moments)) / 1_000);
  const all = ledger.accepted.reduce((sum, { input, output }) => sum + input + output, 0);
  const secondsAtBest = Math.round((all / limits.tokensPerMinute) * 60);
  tell("P3 limits set here", { refused: 0, "most tokens in a minute": tokens, seconds, "at best": secondsAtBest });
}, 60_000);

it("A batch that asks far more at once than its limits let through loses no row: it asks less at once", async () => {
  const { ledger, result } = await batchOf({ requestsPerMinute: 6 }, rows.slice(0, 30));
  expect(result).toMatchObject({ rows: 30, answered: 30 });
  expect(ledger).toMatchObject({ refused: 0, accepted: { length: 30 } });
  const distances = ledger.accepted.slice(1).map(({ at }, index) => at - (ledger.accepted[index]?.at ?? 0));
  expect(Math.min(...distances)).toBeGreaterThanOrEqual(10_000);
  tell("P3 limits set here, 6 a minute", { "longest distance, s": Math.max(...distances) / 1_000, answered: 30 });
}, 60_000);

it("The batch without limits is refused again and again", async () => {
  const { ledger } = await batchOf(undefined);
  expect(ledger.refused).toBeGreaterThan(30);
  tell("P3 no limits set here", { refused: ledger.refused });
}, 60_000);
