import type { Message } from "@beseda/core";
import { memoryCases, storeCases } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { lastMessages, wholeThread } from "./fit/window.ts";
import { inMemory, inMemoryStore } from "./in-memory.ts";

describe("a memory in the process", () => {
  for (const { name, run } of memoryCases(() => inMemory({ window: wholeThread }))) it(name, run);

  it("loads only the window it was given", async () => {
    const memory = inMemory({ window: lastMessages(2) });
    const messages: Message[] = ["a", "b", "c"].map((content) => ({ role: "user", content }));
    await memory.append("t", messages);
    expect(await memory.load("t")).toEqual(messages.slice(1));
  });

  it("refuses an empty thread id, and what is no message", async () => {
    const memory = inMemory();
    await expect(memory.load("")).rejects.toMatchObject({ code: "invalid-argument" });
    const strange = [{ role: "system", content: "x" }] as unknown as Parameters<typeof memory.append>[1];
    await expect(memory.append("t", strange)).rejects.toMatchObject({ code: "invalid-argument" });
    expect(await memory.threads()).toEqual([]);
  });
});

describe("a store in the process", () => {
  for (const { name, run } of storeCases(inMemoryStore)) it(name, run);
});
