import type { Histogram, MetricData } from "@opentelemetry/sdk-metrics";
import type { ReadableSpan } from "@opentelemetry/sdk-trace-base";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { PartBody } from "../agent/stream-part.ts";
import { BesedaError } from "../errors.ts";
import { collectSpans, treeOf } from "./collect-spans.fake.ts";
import { providerName } from "./gen-ai-names.ts";
import { type TraceOptions, traceAgent } from "./trace-agent.ts";

let sdk: ReturnType<typeof collectSpans>;
beforeEach(() => {
  sdk = collectSpans();
});
afterEach(() => sdk.close());

/** Stands for an agent, and tells at any time what a run of it could have said. */
function told(options: TraceOptions = {}) {
  let listen: Parameters<Parameters<typeof traceAgent>[0]["on"]>[1] = () => {};
  const stop = traceAgent(
    {
      on: (_, listener) => {
        listen = listener;
      },
      off: () => {},
    },
    { ...sdk, ...options },
  );
  const tell = (
    at: number,
    parts: PartBody | readonly PartBody[],
    { runId = "run", read = runId, ...below }: { runId?: string; read?: string; parentCallId?: string } = {},
  ) => {
    const publication = { at, runId: read, caller: undefined };
    for (const part of [parts].flat() as PartBody[]) listen({ ...part, ...below, runId }, publication);
  };
  return { tell, stop };
}

const usage = { inputTokens: 100, outputTokens: 10, totalTokens: 110 };
const start = (agentName = "guide"): PartBody => ({ type: "start", agentName, threadId: undefined, input: [] });
const step = (step: number, agentName = "guide"): PartBody => ({
  type: "start-step",
  step,
  agentName,
  provider: "openai.chat",
  modelId: "gpt",
  settings: {},
});
const says = (text: string): PartBody => ({ type: "text-delta", id: "text-1", text });
const calls = (toolCallId: string, toolName = "look"): PartBody => ({
  type: "tool-call",
  toolCallId,
  toolName,
  input: {},
});
const gets = (toolCallId: string, toolName = "look"): PartBody => ({
  type: "tool-result",
  toolCallId,
  toolName,
  input: {},
  output: "seen",
});
const stepped = (step: number): PartBody => ({ type: "finish-step", step, finishReason: "stop", usage });
const finished: PartBody = { type: "finish", finishReason: "stop", totalUsage: usage };

function times(spans: readonly ReadableSpan[]): Record<string, [start: number, end: number]> {
  const ms = ([seconds, nanos]: [number, number]) => Math.round(seconds * 1000 + nanos / 1e6);
  return Object.fromEntries(
    spans.map((span) => [
      `${span.name}${span.attributes["gen_ai.tool.call.id"] ?? ""}`,
      [ms(span.startTime) - t0, ms(span.endTime) - t0],
    ]),
  );
}
const t0 = Date.UTC(2026, 10, 22);

describe("the times of a traced run", () => {
  it("are those at which its parts were published, however late the watcher is told", async () => {
    const { tell } = told();
    tell(t0, start());
    tell(t0 + 10, step(1));
    tell(t0 + 510, calls("a"));
    tell(t0 + 600, calls("b"));
    tell(t0 + 1600, gets("b"));
    tell(t0 + 2600, [gets("a"), stepped(1)]);
    tell(t0 + 2700, finished);
    expect(times(await sdk.finished())).toEqual({
      "invoke_agent guide": [0, 2700],
      // The model call was over when its tools began, though the step went on.
      "chat gpt": [10, 600],
      "execute_tool looka": [600, 2600],
      "execute_tool lookb": [600, 1600],
    });
  });

  it("are measured with the buckets of the conventions: duration, first chunk, later chunks, tokens", async () => {
    const { tell } = told();
    tell(t0, [start(), step(1)]);
    tell(t0 + 500, [{ type: "text-start", id: "text-1" }, says("A"), says("B")]);
    tell(t0 + 700, says("C"));
    tell(t0 + 1000, says("D"));
    tell(t0 + 2000, [stepped(1), finished]);
    const metrics = await sdk.metrics();
    const call = {
      "gen_ai.operation.name": "chat",
      "gen_ai.provider.name": "openai",
      "gen_ai.request.model": "gpt",
    };
    expect(measured(metrics)).toEqual({
      "gen_ai.client.inference.duration s": [[call, 1, 2]],
      "gen_ai.client.inference.time_to_first_chunk s": [[call, 1, 0.5]],
      "gen_ai.client.inference.time_per_output_chunk s": [[call, 2, 0.5]],
      "gen_ai.client.token.usage {token}": [
        [{ ...call, "gen_ai.token.type": "input" }, 1, 100],
        [{ ...call, "gen_ai.token.type": "output" }, 1, 10],
      ],
    });
    expect(boundaries(metrics, "duration")).toEqual([
      0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
    ]);
    expect(boundaries(metrics, "token.usage")).toEqual([
      1, 4, 16, 64, 256, 1024, 4096, 16384, 65536, 262144, 1048576, 4194304, 16777216, 67108864,
    ]);
    const [, chat] = await sdk.finished();
    expect(chat?.attributes["gen_ai.response.time_to_first_chunk"]).toBe(0.5);
  });

  it("can be measured by the names of version 1.41", async () => {
    const { tell } = told({ metricNames: "1.41" });
    tell(t0, [start(), step(1)]);
    tell(t0 + 1, says("A"));
    tell(t0 + 2, says("B"));
    tell(t0 + 3, [stepped(1), finished]);
    expect(Object.keys(measured(await sdk.metrics())).sort()).toEqual([
      "gen_ai.client.operation.duration s",
      "gen_ai.client.operation.time_per_output_chunk s",
      "gen_ai.client.operation.time_to_first_chunk s",
      "gen_ai.client.token.usage {token}",
    ]);
  });

  it("are measured of a call that failed too, with the kind of error; tokens that were only estimated are not", async () => {
    const { tell } = told();
    const error = new BesedaError("no", { code: "rate-limited" });
    tell(t0, [start(), step(1)]);
    tell(t0 + 1000, { type: "error", error, totalUsage: { ...usage, estimated: true } });
    tell(t0, [start(), step(1), { ...stepped(1), usage: { ...usage, estimated: true } } as PartBody, finished]);
    const found = measured(await sdk.metrics());
    expect(Object.keys(found)).toEqual(["gen_ai.client.inference.duration s"]);
    expect(found["gen_ai.client.inference.duration s"]?.[0]?.[0]).toMatchObject({ "error.type": "rate-limited" });
  });
});

describe("the tree of a traced run", () => {
  it("has a sub-agent's run under the tool call that it works for, in the right run of two with equal call ids", async () => {
    const { tell } = told();
    for (const runId of ["one", "two"]) {
      tell(t0, [start(), step(1), calls("call-0", `ask_${runId}`)], { runId });
    }
    for (const read of ["one", "two"]) {
      const sub = { runId: `sub of ${read}`, parentCallId: "call-0", read };
      tell(t0 + 1, [start(`expert_${read}`), step(1, `expert_${read}`), calls("call-0", "dig")], sub);
      const deeper = { runId: `sub of sub of ${read}`, parentCallId: "call-0", read };
      tell(t0 + 2, [start("digger"), step(1, "digger"), stepped(1), finished], deeper);
      tell(t0 + 3, [gets("call-0", "dig"), stepped(1), finished], sub);
    }
    for (const runId of ["one", "two"]) tell(t0 + 4, [gets("call-0"), stepped(1), finished], { runId });
    const tree = (run: string) => [
      "invoke_agent guide",
      "  chat gpt",
      `  execute_tool ask_${run}`,
      `    invoke_agent expert_${run}`,
      "      chat gpt",
      "      execute_tool dig",
      "        invoke_agent digger",
      "          chat gpt",
    ];
    expect(treeOf(await sdk.finished())).toEqual([...tree("one"), ...tree("two")]);
    expect(sdk.open()).toBe(0);
  });

  it("ends a sub-agent's run with the call that it worked for, where its own end is not told any more", async () => {
    const { tell } = told();
    const below = { runId: "sub", parentCallId: "a", read: "run" };
    tell(t0, [start(), step(1), calls("a", "ask"), calls("b", "ask")]);
    tell(t0 + 1, [start("expert"), step(1, "expert")], below);
    tell(t0 + 2, [start("digger"), step(1, "digger")], { ...below, runId: "other sub", parentCallId: "b" });
    const deeper = { ...below, runId: "sub of sub", parentCallId: "c" };
    tell(t0 + 2, calls("c", "ask"), below);
    tell(t0 + 2, [start("helper"), step(1, "helper")], deeper);
    tell(t0 + 3, { type: "tool-error", toolCallId: "a", toolName: "ask", input: {}, error: "too slow" });
    expect(sdk.open()).toBe(5);
    tell(t0 + 4, { type: "abort", reason: "stopped", totalUsage: usage });
    tell(t0 + 5, [stepped(1), finished], below);
    expect(times(await sdk.finished())).toMatchObject({
      "invoke_agent expert": [1, 3],
      "invoke_agent helper": [2, 3],
      "invoke_agent digger": [2, 4],
      "invoke_agent guide": [0, 4],
    });
    expect(sdk.open()).toBe(0);
  });

  it("has an agent of its own for whom the thread was handed to, until it is handed back", async () => {
    const { tell } = told();
    tell(t0, [start(), step(1), calls("a", "hand_off_to_billing"), gets("a"), stepped(1)]);
    tell(t0 + 1, [step(2, "billing"), calls("b", "hand_off_to_guide"), gets("b"), stepped(2)]);
    tell(t0 + 2, [step(3), stepped(3)]);
    tell(t0 + 3, [step(4, "billing"), stepped(4), finished]);
    expect(treeOf(await sdk.finished())).toEqual([
      "invoke_agent guide",
      "  chat gpt",
      "  execute_tool hand_off_to_billing",
      "  invoke_agent billing",
      "    chat gpt",
      "    execute_tool hand_off_to_guide",
      "  chat gpt",
      "  invoke_agent billing",
      "    chat gpt",
    ]);
    expect(sdk.open()).toBe(0);
  });

  it("has no tool call that waits for an approval, until the run that carries it out", async () => {
    const { tell } = told();
    const toolCall = { toolCallId: "a", toolName: "pay", input: {} };
    tell(t0, [start(), step(1), calls("a", "pay"), { type: "tool-approval-request", approvalId: "run:a", toolCall }]);
    tell(t0 + 1, [stepped(1), { ...finished, finishReason: "approval" } as PartBody]);
    tell(t0 + 5000, [start(), gets("a", "pay")]);
    tell(t0 + 5001, [step(2), stepped(2), finished]);
    expect(treeOf(await sdk.finished())).toEqual([
      "invoke_agent guide",
      "  chat gpt",
      "invoke_agent guide",
      "  execute_tool pay",
      "  chat gpt",
    ]);
    expect(sdk.open()).toBe(0);
  });

  it("shows a tool call that was cut short by a failure of the run as failed, and its model call as answered", async () => {
    const { tell } = told();
    tell(t0, [start(), step(1), calls("a")]);
    tell(t0 + 9, { type: "error", error: new BesedaError("no", { code: "timeout" }), totalUsage: usage });
    const spans = await sdk.finished();
    expect(spans.map(({ name, attributes }) => [name, attributes["error.type"]])).toEqual([
      ["invoke_agent guide", "timeout"],
      ["chat gpt", undefined],
      ["execute_tool look", "timeout"],
    ]);
    expect(spans[1]?.attributes["gen_ai.response.finish_reasons"]).toEqual(["tool-calls"]);
  });

  it("has no tool call of a reply that was cut while it wrote another", async () => {
    const { tell } = told();
    tell(t0, [start(), step(1), calls("a"), { type: "tool-input-start", id: "b", toolName: "look" }]);
    tell(t0 + 1, { type: "abort", reason: "stopped", totalUsage: usage });
    expect(treeOf(await sdk.finished())).toEqual(["invoke_agent guide", "  chat gpt"]);
  });
});

it("content that a provider rewrote is recorded as it was in the end", async () => {
  const { tell } = told({ recordContent: true });
  tell(t0, [start(), step(1), { type: "text-start", id: "text-1" }, says("Hallo")]);
  tell(t0, [{ type: "text-replace", id: "text-1", text: "Hello" }, says("!"), stepped(1), finished]);
  const [run] = await sdk.finished();
  expect(JSON.parse(String(run?.attributes["gen_ai.output.messages"]))).toMatchObject([
    { parts: [{ type: "text", content: "Hello!" }] },
  ]);
});

it("calls providers by the words of the conventions", async () => {
  const ours = [
    "yandex",
    "openai",
    "openai.responses",
    "anthropic.messages",
    "google.generative-ai",
    "google.vertex.chat",
  ];
  expect([...ours, "amazon-bedrock", "azure.chat", "mistral.chat", "xai"].map(providerName)).toEqual([
    "yandex",
    "openai",
    "openai",
    "anthropic",
    "gcp.gemini",
    "gcp.vertex_ai",
    "aws.bedrock",
    "azure.ai.openai",
    "mistral_ai",
    "x_ai",
  ]);
});

function measured(metrics: readonly MetricData[]): Record<string, [attributes: object, count: number, sum: number][]> {
  return Object.fromEntries(
    metrics
      .filter(({ dataPoints }) => dataPoints.length > 0)
      .map(({ descriptor, dataPoints }) => [
        `${descriptor.name} ${descriptor.unit}`,
        dataPoints.map(({ attributes, value }) => {
          const { count, sum = 0 } = value as Histogram;
          return [attributes, count, sum] as [object, number, number];
        }),
      ]),
  );
}

function boundaries(metrics: readonly MetricData[], name: string): number[] | undefined {
  const metric = metrics.find(({ descriptor }) => descriptor.name.endsWith(name));
  return (metric?.dataPoints[0]?.value as Histogram | undefined)?.buckets.boundaries;
}
