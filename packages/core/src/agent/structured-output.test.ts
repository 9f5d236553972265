// An answer that has to be an object: on models that can be held to a schema, that can only call tools, that can only write.
import { describe, expect, expectTypeOf, it } from "vitest";
import { z } from "zod";
import type { LanguageModel, ModelAbilities } from "../ports/language-model.ts";
import { type ScriptedModel, type ScriptedReply, scriptedModel } from "../testing/scripted-model.ts";
import { tool } from "../tool/tool.ts";
import { Agent } from "./agent.ts";

const city = z.object({ city: z.string(), people: z.number() });
const tver = { city: "Tver", people: 416_000 };
const json = JSON.stringify(tver);

/** A scripted model that can do so much, and refuses what it cannot, as a server does. */
function able(abilities: ModelAbilities, script: ScriptedReply[]): { model: LanguageModel; scripted: ScriptedModel } {
  const scripted = scriptedModel(script);
  const { tools = true, outputSchema = "never" } = abilities;
  const model: LanguageModel = {
    provider: "scripted",
    modelId: "scripted",
    abilities,
    stream(request, options) {
      if (!tools && request.tools.length > 0) throw new Error("400: this model takes no tools");
      const isRefused = outputSchema === "never" || (outputSchema === "without-tools" && request.tools.length > 0);
      if (request.outputSchema && isRefused) throw new Error("400: no response format here");
      return scripted.stream(request, options);
    },
  };
  return { model, scripted };
}

const lookup = tool({ name: "lookup", description: "", inputSchema: z.object({}), execute: () => "416000" });
const finalAnswer = { toolCalls: [{ toolName: "final_answer", input: tver }] };

describe("the answer is an object", () => {
  it.each<[string, ModelAbilities, ScriptedReply]>([
    ["natively", { outputSchema: "always" }, { text: json }],
    ["natively where there are no tools", { outputSchema: "without-tools" }, { text: json }],
    ["by a final-answer tool", {}, finalAnswer],
    ["by prompt", { tools: false }, { text: `Here it is:\n\`\`\`json\n${json}\n\`\`\`` }],
  ])("%s", async (_, abilities, reply) => {
    const { model, scripted } = able(abilities, [reply]);
    const result = await new Agent({ model, output: city }).generate("Where?");
    expect(result.output).toEqual(tver);
    expectTypeOf(result.output).toEqualTypeOf<{ city: string; people: number } | undefined>();
    expect(result.finishReason).toBe("stop");
    expect(result.messages.map(({ role }) => role)).toEqual(["user", "assistant"]);
    const [request] = scripted.requests;
    const schemas = [
      request?.outputSchema,
      request?.tools[0]?.inputSchema,
      request?.instructions.match(/\{.*\}/s)?.[0],
    ];
    expect(schemas.filter((each) => each !== undefined)).toHaveLength(1);
  });

  it.each<[string, ModelAbilities, ScriptedReply[]]>([
    ["natively", { outputSchema: "always" }, [{ toolCalls: [{ toolName: "lookup", input: {} }] }, { text: json }]],
    [
      "on a server that refuses both at once",
      { outputSchema: "without-tools" },
      [{ toolCalls: [{ toolName: "lookup", input: {} }] }, finalAnswer],
    ],
    ["by a final-answer tool", {}, [{ toolCalls: [{ toolName: "lookup", input: {} }] }, finalAnswer]],
  ])("together with tools: %s", async (_, abilities, script) => {
    const { model, scripted } = able(abilities, script);
    const { output, steps } = await new Agent({ model, output: city, tools: [lookup] }).generate("Where?");
    expect(output).toEqual(tver);
    expect(steps[0]?.toolResults).toMatchObject([{ output: "416000" }]);
    if (!scripted.requests[0]?.outputSchema) expect(scripted.requests[0]?.toolChoice).toBe("required");
  });

  it("together with prompted tools", async () => {
    const call = { text: '<tool_call>\n{"name": "lookup", "arguments": {}}\n</tool_call>' };
    const { model } = able({ tools: false }, [call, { text: json }]);
    const { output, steps } = await new Agent({ model, output: city, tools: [lookup] }).generate("Where?");
    expect(output).toEqual(tver);
    expect(steps[0]?.toolResults).toMatchObject([{ output: "416000" }]);
  });

  it("and what the model said before its final answer is not part of it", async () => {
    const { model } = able({}, [{ text: "Let me think.", ...finalAnswer }]);
    const result = await new Agent({ model, output: city }).generate("Where?");
    expect(result).toMatchObject({ text: json, output: tver });
  });

  it("with the schema's own defaults and transformations", async () => {
    const output = z.object({ name: z.string().transform((name) => name.toUpperCase()), rank: z.number().default(1) });
    const { model } = able({ outputSchema: "always" }, [{ text: '{"name":"ann"}' }]);
    expect((await new Agent({ model, output }).generate("Who?")).output).toEqual({ name: "ANN", rank: 1 });
  });
});

describe("an answer that does not fit", () => {
  it("is sent back with what is wrong, and the schema", async () => {
    const { model, scripted } = able({ outputSchema: "always" }, [
      { text: '{"city":"Tver"}' },
      { text: "Tver!" },
      { text: json },
    ]);
    expect((await new Agent({ model, output: city }).generate("Where?")).output).toEqual(tver);
    expect(scripted.requests[1]?.messages.at(-1)?.role).toBe("user");
    expect(scripted.requests[1]?.messages.at(-1)).toMatchObject({
      content: expect.stringMatching(/people: .*"properties"/s),
    });
    expect(scripted.requests[2]?.messages.at(-1)).toMatchObject({ content: expect.stringContaining("not JSON") });
  });

  it("ends the run with an error after the third correction, which carries what the model wrote", async () => {
    const { model, scripted } = able(
      { outputSchema: "always" },
      [1, 2, 3, 4, 5].map((n) => ({ text: `no ${n}` })),
    );
    const failure = await new Agent({ model, output: city }).generate("Where?").catch((error) => error);
    expect(failure).toMatchObject({ code: "bad-response", result: { text: "no 4", output: undefined } });
    expect(scripted.requests).toHaveLength(4);
  });

  it("is corrected only as long as there are steps", async () => {
    const { model, scripted } = able({ outputSchema: "always" }, [{ text: "no" }, { text: "no" }, { text: json }]);
    const agent = new Agent({ model, output: city, maxSteps: 2 });
    await expect(agent.generate("Where?")).rejects.toMatchObject({ code: "bad-response" });
    expect(scripted.requests).toHaveLength(2);
  });

  it("is no output where the answer was cut off", async () => {
    const { model } = able({ outputSchema: "always" }, [{ text: json.slice(0, -1), finishReason: "length" }]);
    expect(await new Agent({ model, output: city }).generate("Where?")).toMatchObject({
      finishReason: "length",
      output: undefined,
    });
  });
});

describe("partialOutputStream", () => {
  it.each<[string, ModelAbilities, ScriptedReply]>([
    ["natively", { outputSchema: "always" }, { text: ['{"ci', 'ty":"Tv', 'er","peo', 'ple":416000}'] }],
    ["by prompt", { tools: false }, { text: ["Here:\n```json\n{", '"city":"Tver",', '"people":416000}', "\n```"] }],
    ["by a final-answer tool", {}, { text: "Let me see.", ...finalAnswer }],
  ])("gives the object as far as it is written: %s", async (_, abilities, reply) => {
    const { model } = able(abilities, [reply]);
    const run = new Agent({ model, output: city }).stream("Where?");
    const seen: unknown[] = [];
    for await (const partial of run.partialOutputStream) {
      expectTypeOf(partial).toEqualTypeOf<{ city?: string; people?: number }>();
      seen.push(partial);
    }
    expect(seen.at(-1)).toEqual(tver);
    expect((await run.result).output).toEqual(tver);
    if (abilities.outputSchema) expect(seen).toContainEqual({ city: "Tv" });
  });

  it("begins anew with a corrected answer, and throws where there is none", async () => {
    const { model } = able({ outputSchema: "always" }, [{ text: '{"city":"Wrong"}' }, { text: json }]);
    const seen: unknown[] = [];
    for await (const partial of new Agent({ model, output: city }).stream("Where?").partialOutputStream)
      seen.push(partial);
    expect(seen).toEqual([{ city: "Wrong" }, tver]);
    const failing = new Agent({
      model: able({ outputSchema: "always" }, [{ error: new Error("down") }]).model,
      output: city,
    });
    await expect(failing.stream("Where?").partialOutputStream.next()).rejects.toThrow("down");
  });
});

it("an output schema that no model could be held to is refused when the agent is made", () => {
  const { model } = able({}, []);
  expect(() => new Agent({ model, name: "geo", output: z.string() })).toThrow(
    expect.objectContaining({
      code: "invalid-argument",
      message: expect.stringContaining('output schema of the agent "geo"'),
    }),
  );
});
