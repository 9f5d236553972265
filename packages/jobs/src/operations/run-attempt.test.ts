import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Agent, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { expect, it } from "vitest";
import { createJobs } from "../create-jobs.ts";
import { localEngine } from "../engines/local/local-engine.ts";

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
