import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { BesedaError, ModelRequest } from "@beseda/core";
import { afterAll, describe, expect, it } from "vitest";
import { writeBatchFile } from "./batch-file.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-batch-file-"));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, "requests");

const request: ModelRequest = {
  instructions: "",
  messages: [],
  tools: [],
  toolChoice: "auto",
  reasoning: "off",
  settings: {},
};

function written(count: number, body: string) {
  function* requests() {
    for (let index = 0; index < count; index++) yield request;
  }
  return writeBatchFile(path, { requests: requests(), toBody: () => body, signal: undefined });
}

const refusal = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.unreachable(),
    (error: BesedaError) => error,
  );

describe("the file of a batch", () => {
  it("has a line for each request, numbered from 0, and is told by its content", async () => {
    const { size, count, digest } = await written(2, '{"text":"я"}');
    const text = readFileSync(path, "utf8");
    expect(text.split("\n").map((line) => line && JSON.parse(line))).toEqual([
      { custom_id: "0", method: "POST", url: "/v1/chat/completions", body: { text: "я" } },
      { custom_id: "1", method: "POST", url: "/v1/chat/completions", body: { text: "я" } },
      "",
    ]);
    expect([size, count]).toEqual([Buffer.byteLength(text), 2]);
    expect((await written(2, '{"text":"я"}')).digest).toBe(digest);
    expect((await written(3, '{"text":"я"}')).digest).not.toBe(digest);
  });

  it("holds 50,000 requests and 200 MB: what is more is refused, with what to do", async () => {
    const rows = await refusal(written(50_001, "{}"));
    expect(rows).toMatchObject({ code: "too-large", message: expect.stringContaining("50,000 requests") });
    const bytes = await refusal(written(1, "x".repeat(200_000_000)));
    expect(bytes).toMatchObject({ code: "too-large", message: expect.stringContaining("200 MB") });
    expect(bytes.hint).toContain("smaller parts");
  });
});
