// A model of your own is one function: a request in, lists of events out. The conformance suite says whether it is whole.
import { Agent, type LanguageModel, textOf } from "@beseda/core";
import { modelProtocolCases } from "@beseda/core/testing";

const parrot: LanguageModel = {
  provider: "example",
  modelId: "parrot",
  async *stream({ messages }, { signal } = {}) {
    const last = messages.findLast(({ role }) => role === "user");
    for (const word of `You said: ${last ? textOf(last) : "nothing"}`.split(/(?<= )/)) {
      signal?.throwIfAborted();
      yield [{ type: "text-delta", text: word }];
    }
    yield [{ type: "finish", finishReason: "stop" }];
  },
};

const { text, usage } = await new Agent({ model: parrot }).generate("Polly wants a cracker.");
console.log(text);
console.log(`About ${usage.totalTokens} tokens, counted here: a parrot sends no usage.`);

for (const { name, run } of modelProtocolCases(() => parrot)) {
  await run();
  console.log(`✓ ${name}`);
}
