// A service that fails now and then: a failure that passes is tried again, one that stays goes to the next model.
import { Agent, fallback, withDefaults } from "@beseda/core";
import { startModelServer } from "@beseda/core/testing";
import { offline } from "@beseda/providers/offline";
import { openaiCompatible } from "@beseda/providers/openai-compatible";

// A server on this machine in place of a real one, so that it fails when the example needs it to.
const busy = { status: 503, headers: { "retry-after-ms": "10" }, body: { error: { message: "We are overloaded." } } };
const server = await startModelServer({
  replies: [busy, { text: "Half past nine, as on every weekday." }, busy, busy, busy],
});
const hosted = openaiCompatible({ baseURL: server.url, model: "test-model" });

const agent = new Agent({
  model: fallback([withDefaults(hosted, { settings: { temperature: 0.2 } }), offline()], {
    onFallback: ({ failed, next, error }) => {
      console.log(`  (${failed.modelId} gave up: ${error.code}; now asking ${next.provider})`);
    },
  }),
});

for (const text of ["When do you open?", "Thank you!"]) {
  const before = server.requests.length;
  console.log(`You: ${text}`);
  console.log(`Bot: ${(await agent.generate(text)).text}`);
  console.log(`  (the service was asked ${server.requests.length - before} times)`);
}
await server.close();
