import { getEventListeners } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type Lease, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { expect, it } from "vitest";
import { createJobs } from "../create-jobs.ts";
import { localEngine } from "../engines/local/local-engine.ts";
import type { Workplace } from "../worker/workplace.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";
import { attemptRun } from "./run-attempt.ts";
import type { RunReport } from "./run-report.ts";
import type { RunSpec } from "./run-spec.ts";

it("a tool that must not run twice runs once, though the engine was closed under the run that had begun it", async () => {
  const folder = mkdtempSync(join(tmpdir(), "beseda-run-attempt-"));
  let payments = 0;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });
  const payer = (paid: () => Promise<string>) =>
    new Agent({
      name: "payer",
      model: scriptedModel(({ messages }) =>
        messages.at(-1)?.role === "tool"
          ? { text: "Over." }
          : { toolCalls: [{ toolName: "pay", input: {}, toolCallId: "c1" }] },
      ),
      tools: [
        tool({
          name: "pay",
          description: "Pays.",
          inputSchema: { type: "object", properties: {} },
          replay: "never",
          execute: () => {
            payments++;
            begin();
            return paid();
          },
        }),
      ],
    });
  const engine = localEngine(folder);
  const jobs = createJobs({ agents: [payer(() => new Promise(() => {}))], engine });
  const { id } = await jobs.start("payer", "Pay.");
  await begun;
  await engine.close();
  const next = createJobs({ agents: [payer(async () => "paid")], engine: localEngine(folder) });
  const { messages } = await (await next.attach(id)).result();
  expect(payments).toBe(1);
  expect(messages[2]).toMatchObject({ role: "tool", output: expect.stringContaining("unknown") });
  await next.close();
  rmSync(folder, { recursive: true });
});

it("a tool that asks an agent twice side by side has both calls below approved one after the other, and each run once", async () => {
  const paid: string[] = [];
  let order = ["Bob", "Ann"];
  let answers: string[] = [];
  const pay = tool({
    name: "pay",
    description: "Pays.",
    inputSchema: { type: "object", properties: { to: { type: "string" } }, required: ["to"] },
    needsApproval: true,
    replay: "never",
    execute: ({ to }) => void paid.push(String(to)),
  });
  const below = scriptedModel(({ messages: [question, ...others] }) => {
    const to = question?.role === "user" ? question.content : "";
    return others.length > 0
      ? { text: `${to} is paid` }
      : { toolCalls: [{ toolName: "pay", input: { to }, toolCallId: "p" }] };
  });
  const payer = new Agent({ name: "payer", model: below, tools: [pay] });
  const both = tool({
    name: "both",
    description: "Pays both.",
    inputSchema: { type: "object", properties: {} },
    replay: "safe",
    execute: async (_input, parent) => {
      order = [...order].reverse();
      answers = await Promise.all(order.map(async (name) => (await payer.generate(name, { parent })).text));
    },
  });
  const boss = () =>
    new Agent({
      name: "boss",
      model: scriptedModel(({ messages }) =>
        messages.at(-1)?.role === "tool" ? { text: "Done." } : { toolCalls: [{ toolName: "both", input: {} }] },
      ),
      tools: [both],
    });
  const disk = new Disk();
  const jobs = createJobs({ agents: [boss()], engine: mortalEngine(new MortalProcess(disk)) });
  const operation = await jobs.start("boss", "Pay.");
  let result = await operation.result();
  for (let round = 0; round < 2; round++) {
    expect(result.finishReason).toBe("approval");
    await operation.resume(result.pending.map(({ callId }) => ({ callId, approved: true })));
    result = await operation.result();
  }
  expect(result.text).toBe("Done.");
  expect(paid.sort()).toEqual(["Ann", "Bob"]);
  expect(answers).toEqual(["Ann is paid", "Bob is paid"]);
  expect(below.requests).toHaveLength(4);
  await jobs.close();
});

it("an attempt that cannot even begin leaves nothing that listens to its worker", async () => {
  const engine = mortalEngine(new MortalProcess(new Disk()));
  await engine.create({ id: "a", queue: "q", kind: "run", spec: {} });
  const lease = await engine.claim({ queue: "q", kinds: ["run"], signal: new AbortController().signal });
  const closing = new AbortController().signal;
  const agent = new Agent({ model: scriptedModel([]) });
  // The model has no operations.
  const attempt = {
    agent,
    spec: { calls: "async" } as RunSpec,
    report: {} as RunReport,
    place: { closing } as Workplace,
  };
  await expect(attemptRun(lease as Lease, attempt)).rejects.toMatchObject({ code: "unsupported" });
  expect(getEventListeners(closing, "abort")).toEqual([]);
});
