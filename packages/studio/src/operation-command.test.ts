import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, tool } from "@beseda/core";
import { createJobs, type Jobs, localEngine } from "@beseda/jobs";
import { offline } from "@beseda/providers/offline";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { approve, cancel, events, get, list, remove, wait } from "./operation-command.ts";
import { operationLines, type Seen } from "./operation-lines.ts";

vi.setConfig({ testTimeout: 30_000 });

const refund = tool({
  name: "refund_order",
  description: "Refunds an order, by its number",
  inputSchema: {
    type: "object",
    properties: { orderNumber: { type: "string", description: "such as A-1042" } },
    required: ["orderNumber"],
  },
  examples: ["Refund my order A-1042"],
  effects: "external",
  execute: ({ orderNumber }) => `Order ${orderNumber} is refunded.`,
});
const shop = () => new Agent({ name: "shop", model: offline(), tools: [refund] });

let folder = "";
let jobs: Jobs;
let out = "";
let err = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "beseda-operations-"));
  out = "";
  err = "";
  vi.spyOn(process.stdout, "write").mockImplementation((text) => {
    out += text;
    return true;
  });
  vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    err += text;
    return true;
  });
});
afterEach(async () => {
  vi.restoreAllMocks();
  await jobs?.close();
  await rm(folder, { recursive: true });
});

function open({ work }: { work: boolean }): Jobs {
  jobs = createJobs({ agents: [shop()], engine: localEngine(folder), work });
  return jobs;
}

function taken(): string {
  const text = out;
  out = "";
  return text;
}

const here = () => ({ jobs: folder });

describe("beseda operation", () => {
  it("finds what another process has begun, and tells what came of it and what happened", async () => {
    const { id } = await (await open({ work: true }).start("shop", "Hello", { threadId: "ann" })).wait();
    expect(await get(id, here())).toBe(0);
    expect(taken()).toMatch(new RegExp(`^${id}: done\nHello! `));
    expect(await get(id, { ...here(), json: true })).toBe(0);
    expect(JSON.parse(taken())).toMatchObject({ id, done: true, state: "done", response: { threadId: "ann" } });
    expect(await wait(id, here())).toBe(0);
    expect(taken()).toContain("done");
    expect(await events(id, here())).toBe(0);
    expect(taken()).toMatch(/^Hello! .*\n$/);
    expect(await events(id, { ...here(), json: true })).toBe(0);
    const types = taken()
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line).type);
    expect([types[0], types.at(-1)]).toEqual(["start", "finish"]);
  });

  it("lists by state and thread, the latest first", async () => {
    open({ work: false });
    const first = await jobs.start("shop", "one", { threadId: "ann" });
    const second = await jobs.start("shop", "two", { threadId: "bob" });
    expect(await list(here())).toBe(0);
    expect(taken()).toMatch(new RegExp(`^${second.id}  queued .*\n${first.id}  queued .*\n$`));
    await list({ ...here(), thread: "ann", json: true });
    expect(JSON.parse(taken())).toMatchObject([{ id: first.id, metadata: { threadId: "ann" } }]);
    await list({ ...here(), limit: 1, json: true });
    expect(JSON.parse(taken())).toHaveLength(1);
    await list({ ...here(), state: "done" });
    expect([taken(), err]).toEqual(["", "There are no such operations.\n"]);
  });

  it("tells why one does not go on, also after it was approved", async () => {
    const problem = 'It is for the agent "other", which no worker knows.';
    const toLine = (about: Partial<Seen>, more: object = {}) =>
      operationLines({ id: "o", done: false, ...about, metadata: { state: "queued", problem, ...more } });
    expect(toLine({})).toEqual(["o: queued", problem]);
    const pending = [{ callId: "c", toolName: "refund_order", input: {} }];
    expect(toLine({}, { result: { pending } })).toEqual(["o: queued", problem]);
    expect(toLine({}, { rows: 4, finished: 2, failed: 0 })).toEqual(["o: queued", "2 of 4 rows (50 %)", problem]);
    expect(toLine({ done: true, response: { text: "Hello" } })).toEqual(["o: done", "Hello"]);

    const engine = localEngine(folder);
    const { id } = await open({ work: false }).start("shop", "one");
    const lease = await engine.claim({ queue: "default", kinds: ["run"], signal: AbortSignal.timeout(10_000) });
    await lease?.report({ metadata: { problem } });
    await lease?.release();
    await engine.close();
    await get(id, here());
    expect(taken()).toBe(`${id}: queued\n${problem}\n`);
    await list(here());
    expect(taken()).toContain("It is for the agent");
  });

  it("calls one off, and forgets it", async () => {
    const { id } = await open({ work: false }).start("shop", "one");
    expect(await cancel(id, here())).toBe(0);
    expect(taken()).toBe(`${id}: called off\n`);
    expect(await get(id, here())).toBe(1);
    expect(await wait(id, { ...here(), json: true })).toBe(1);
    expect(taken()).toContain('"code":"aborted"');
    expect(await remove(id, here())).toBe(0);
    await expect(get(id, here())).rejects.toMatchObject({ code: "not-found" });
  });

  it("agrees to a call or does not, once, and the run goes on where it is worked for", async () => {
    const asked = await open({ work: true }).start("shop", "Refund my order A-1042");
    const { id } = await asked.wait();
    expect(await wait(id, here())).toBe(1);
    expect(taken()).toMatch(/: waiting\nwaits for an approval: (\S+) refund_order \{"orderNumber":"A-1042"\}\n$/);
    await expect(approve(id, ["other"], here())).rejects.toThrow("does not wait with the call other");
    expect(await approve(id, [], { ...here(), deny: true, reason: "too late" })).toBe(0);
    expect(taken()).toContain("denied");
    expect((await asked.wait()).state).toBe("done");
    await expect(approve(id, [], here())).rejects.toThrow("waits for no approval");
    await events(id, here());
    expect(taken()).toContain("✗ refund_order");
  });

  it("says where it has looked for an unknown id, and makes no folder to look in", async () => {
    await open({ work: false }).start("shop", "one");
    await expect(get("none", here())).rejects.toMatchObject({
      code: "not-found",
      message: `There is no operation none in ${folder}.`,
      hint: expect.stringContaining("--jobs DIR"),
    });
    const elsewhere = join(folder, "elsewhere");
    await expect(list({ jobs: elsewhere })).rejects.toMatchObject({ message: `There are no jobs in ${elsewhere}.` });
    await expect(list({ jobs: "" })).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await readdir(folder)).not.toContain("elsewhere");
  });
});
