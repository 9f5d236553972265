// T2: a promise that a tool leaves behind belongs to nobody. In a process of its own: this one's test runner listens.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";

const program = `
import { Agent, tool } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
process.on("unhandledRejection", (reason) => console.log("stray: " + reason.message));
const careless = tool({
  name: "careless", description: "", inputSchema: { type: "object" },
  execute: async () => {
    void Promise.reject(new Error("left behind"));
    await new Promise((resolve) => setTimeout(resolve, 5));
    return "answered";
  },
});
const model = scriptedModel([{ toolCalls: [{ toolName: "careless", input: {} }] }, { text: "Done." }]);
const { text, steps } = await new Agent({ model, tools: [careless] }).generate("Go");
console.log(text, steps[0].toolResults[0].output);
`;

it("A rejection that a tool leaves behind goes to the application's listener, and the turn goes on", {
  timeout: 30_000,
}, async () => {
  const args = ["--import", "tsx", "--input-type=module", "--eval", program];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  expect(stdout.trim().split("\n")).toEqual(["stray: left behind", "Done. answered"]);
});
