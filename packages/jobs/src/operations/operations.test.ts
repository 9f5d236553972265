import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, type StreamPart, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { afterEach, describe, expect, it } from "vitest";
import { createJobs, type Jobs, type JobsOptions, localEngine } from "../index.ts";

const folders: string[] = [];
const opened: Jobs[] = [];

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "beseda-operations-"));
  folders.push(folder);
  return folder;
}

function jobsIn(folder: string, options: Omit<JobsOptions, "engine">): Jobs {
  const jobs = createJobs({ engine: localEngine(folder), ...options });
  opened.push(jobs);
  return jobs;
}

afterEach(async () => {
  await Promise.all(opened.splice(0).map((jobs) => jobs.close()));
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

const lookUp = tool({
  name: "look_up",
  description: "Looks up the stock.",
  inputSchema: { type: "object", properties: { item: { type: "string" } }, required: ["item"] },
  effects: "read",
  execute: ({ item }) => ({ item, stock: 597 }),
});

const stockReplies = [
  { reasoning: "I look.", toolCalls: [{ toolName: "look_up", input: { item: "tea" }, toolCallId: "c1" }] },
  { text: ["There ", "are ", "597."] },
];

describe("an operation", () => {
  it("gives what generate gives", async () => {
    const agentOf = () => new Agent({ name: "clerk", model: scriptedModel(stockReplies), tools: [lookUp] });
    const direct = await agentOf().generate("How much tea?");
    const jobs = jobsIn(newFolder(), { agents: [agentOf()] });
    const operation = await jobs.start("clerk", "How much tea?");
    expect(operation.done).toBe(false);
    const result = await operation.result();
    expect(result.text).toBe(direct.text);
    expect(operation.toJSON()).toMatchObject({ id: operation.id, done: true, response: { text: "There are 597." } });
    const parts: StreamPart[] = [];
    for await (const part of operation.events()) parts.push(part);
    expect(parts.map(({ type }) => type)).toEqual([]);
  });
});
