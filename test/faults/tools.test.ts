// T1 and T2: tools that never return, and that throw what nobody expects.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import {
  Agent,
  type AgentOptions,
  describeThrown,
  type Tool,
  type ToolContext,
  type ToolMessage,
  tool,
} from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterAll, describe, expect, it, vi } from "vitest";
import { holdTime } from "./fake-time.ts";
import { tell, turn } from "./fault-bench.ts";

/** The longest text that a model reads of a failure. */
const longestFailure = 2_048;

function made(name: string, execute: (input: Record<string, unknown>, context: ToolContext) => unknown): Tool {
  return tool({ name, description: "", inputSchema: { type: "object" }, execute });
}

/** Lets the model call these tools, all in one reply, and gives what it then reads and what the run came to. */
async function answersOf(tools: Tool[], options: Partial<AgentOptions> = {}) {
  const toolCalls = tools.map(({ name }) => ({ toolName: name, input: {} }));
  const model = scriptedModel([{ toolCalls }, { text: "Done." }]);
  const result = await new Agent({ model, tools, ...options }).generate("Go");
  const messages = model.requests[1]?.messages ?? [];
  return { result, answers: messages.filter((message): message is ToolMessage => message.role === "tool") };
}

describe("A tool that does not come back", () => {
  const ways: [string, (context: ToolContext) => unknown][] = [
    ["a promise that never settles", () => new Promise(() => {})],
    ["a thenable that calls nobody back", () => thenable(() => {})],
    [
      "an iteration that waits for ever",
      async () => {
        for await (const _ of endless());
      },
    ],
    ["a timer of a day", () => new Promise((resolve) => setTimeout(resolve, 86_400_000).unref())],
  ];
  let ended = 0;
  let loopsEnded = 0;
  afterAll(() =>
    tell("T1 tools that never return", {
      ways: ways.length,
      "ended by toolMs": ended,
      "sync loops ended": loopsEnded,
    }),
  );

  it.each(ways)("%s: is a tool error when toolMs is over, and the turn goes on", async (_, stuck) => {
    vi.useFakeTimers();
    try {
      let isToldWhy: unknown;
      const never = made("never", (_, context) => {
        context.signal.addEventListener("abort", () => (isToldWhy = context.signal.reason));
        return stuck(context);
      });
      const answering = answersOf([never, made("quick", () => "quick")], { timeouts: { toolMs: 5_000 } });
      let isOver = false;
      void answering.then(() => (isOver = true));
      await vi.advanceTimersByTimeAsync(4_999);
      expect(isOver).toBe(false);
      await vi.advanceTimersByTimeAsync(1);
      const { answers, result } = await answering;
      expect(answers.map(({ output, isError }) => [output, isError])).toEqual([
        ["never did not answer in 5000 ms.", true],
        ["quick", undefined],
      ]);
      expect(isToldWhy).toMatchObject({ code: "timeout" });
      expect(result).toMatchObject({ text: "Done.", finishReason: "stop" });
      ended++;
    } finally {
      vi.useRealTimers();
    }
  });

  it.each([
    ["its time is over", "toolMs"],
    ["the run is cancelled", "cancel"],
  ])("a loop without end, in a worker that its signal terminates: is gone as soon as %s", async (_, why) => {
    let exited: Promise<unknown> | undefined;
    let looping: (() => void) | undefined;
    const isLooping = new Promise<void>((resolve) => (looping = resolve));
    const spin = made("spin", async (_, { signal }) => {
      const worker = new Worker("require('node:worker_threads').parentPort.postMessage('on'); while (true);", {
        eval: true,
      });
      exited = once(worker, "exit");
      worker.once("message", () => looping?.());
      signal.addEventListener("abort", () => void worker.terminate(), { once: true });
      await exited;
    });
    const model = scriptedModel([{ toolCalls: [{ toolName: "spin", input: {} }] }, { text: "Done." }]);
    // However long a worker takes to start.
    holdTime();
    const run = new Agent({ model, tools: [spin], timeouts: { toolMs: 2_000 } }).stream("Go");
    const { result } = run;
    await isLooping;
    if (why === "cancel") run.cancel();
    else vi.advanceTimersByTime(2_000);
    expect((await result).finishReason).toBe(why === "cancel" ? "aborted" : "stop");
    const stoppedAt = performance.now();
    await exited;
    expect(performance.now() - stoppedAt).toBeLessThan(1_000);
    loopsEnded++;
  });
});

async function* endless(): AsyncGenerator<never> {
  yield await new Promise<never>(() => {});
}

describe("A tool that throws what nobody expects", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  const trap = () => {
    throw hostile;
  };
  const hostile: object = new Proxy(() => {}, {
    get: trap,
    getPrototypeOf: trap,
    has: trap,
    ownKeys: trap,
    apply: trap,
  });
  const thrown: [string, unknown][] = [
    ["undefined", undefined],
    ["null", null],
    ["0", 0],
    ["NaN", Number.NaN],
    ["a bigint", 10n ** 30n],
    ["an empty text", ""],
    ["a symbol", Symbol("s")],
    ["a function", () => {}],
    ["a circular object", circular],
    ["a Proxy that throws itself when it is looked at", hostile],
    ["an error of 10 MB", new Error("x".repeat(10_000_000))],
    ["a text of 10 MB in Cyrillic", "ж".repeat(10_000_000)],
    ["an error without a message", new Error()],
    ["an error whose message is an object", Object.assign(new Error(), { message: { deep: circular } })],
    ["an error that is its own cause", Object.assign(new Error("mine"), { cause: undefined })],
    ["a list of errors", new AggregateError([new Error("a"), new Error("b")], "both")],
    ["an object whose toString throws", { toString: trap, toJSON: trap }],
    ["half a character", "\ud800"],
    ["a promise", Promise.resolve(1)],
    ["an object of 5 MB", { text: "x".repeat(5_000_000) }],
  ];
  const reject = (value: unknown) => Promise.reject(value);
  const ways: [string, (value: unknown) => unknown][] = [
    [
      "at once",
      (value) => {
        throw value;
      },
    ],
    ["by a promise", reject],
    [
      "later",
      async (value) => {
        await turn();
        throw value;
      },
    ],
    [
      "by a thenable that settles twice",
      (value) =>
        thenable((resolve, reject) => {
          reject(value);
          resolve("late");
          reject("again");
        }),
    ],
    [
      "by a thenable that throws",
      (value) =>
        thenable(() => {
          throw value;
        }),
    ],
  ];
  let failures = 0;
  let longest = 0;
  const strays = countStrays();
  afterAll(() => {
    expect(strays.stop()).toBe(0);
    tell("T2 tools that throw strangely", {
      failures,
      survived: failures,
      "longest text": longest,
      "unhandled rejections": 0,
    });
  });

  it.each(thrown)("%s: the model reads at most 2 KB of it, and the turn goes on", async (_, value) => {
    const tools = ways.map(([, way], index) => made(`way${index}`, () => way(value)));
    const { answers, result } = await answersOf([...tools, made("fine", () => "fine")]);
    expect(result).toMatchObject({ text: "Done.", finishReason: "stop" });
    expect(answers).toHaveLength(ways.length + 1);
    for (const { output, isError } of answers.slice(0, -1)) {
      expect(isError).toBe(true);
      expect(output).not.toBe("");
      expect(output.length).toBeLessThanOrEqual(longestFailure);
      expect(output.isWellFormed()).toBe(true);
      longest = Math.max(longest, output.length);
      failures++;
    }
    expect(answers.at(-1)).toMatchObject({ output: "fine" });
    expect(typeof describeThrown(value)).toBe("string");
  });

  it("twice, or after it has answered, or after its time is over: only the first counts", async () => {
    let refuseLate: (reason: unknown) => void = () => {};
    const late = new Promise((_, reject) => (refuseLate = reject));
    const tools = [
      made("answersTwice", () =>
        thenable((resolve) => {
          resolve("first");
          resolve("second");
        }),
      ),
      made("answersThenThrows", () =>
        thenable((resolve) => {
          resolve("first");
          throw new Error("second");
        }),
      ),
      made("rejectsLate", () => late),
    ];
    const { answers, result } = await answersOf(tools, { timeouts: { toolMs: 20 } });
    refuseLate(new Error("too late"));
    await turn();
    expect(answers.map(({ output }) => output)).toEqual(["first", "first", "rejectsLate did not answer in 20 ms."]);
    expect(result.text).toBe("Done.");
  });
});

/** Counts the rejections that nobody handles: each would end a process that does not listen to them. */
function countStrays() {
  let count = 0;
  const onStray = () => void count++;
  process.on("unhandledRejection", onStray);
  return {
    stop() {
      process.off("unhandledRejection", onStray);
      return count;
    },
  };
}

type Settle = (value: unknown) => void;

function thenable(then: (resolve: Settle, reject: Settle) => void): object {
  return { then };
}
