import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import type { LanguageModel, ModelCallOptions, ModelEvent } from "../ports/language-model.ts";
import { promptedTools } from "../reasoning/prompted-tools.ts";
import { collect, question } from "../testing/ask-model.ts";
import { fallback } from "./fallback.ts";
import { memoryOperations } from "./memory-operations.fake.ts";
import { rateLimited } from "./rate-limited.ts";
import { recorded } from "./recorded.ts";
import { viaOperations } from "./via-operations.ts";
import { withDefaults } from "./with-defaults.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-until-sent-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** Waits for its turn for ever, however it is asked. */
function waiting(onAsked: () => void): LanguageModel {
  const never = (untilSent?: AbortSignal) =>
    new Promise<never>((_, reject) => {
      untilSent?.addEventListener("abort", () => reject(untilSent.reason));
      onAsked();
    });
  const operations = memoryOperations<ReturnType<typeof question>, ModelEvent[]>(["unfinished"], {});
  return {
    provider: "test",
    modelId: "waiting",
    async *stream(_, { untilSent } = {}) {
      yield await never(untilSent);
    },
    operations: { ...operations, submit: (_, { untilSent } = {}) => never(untilSent) },
  };
}

const wrappers: Record<string, (model: LanguageModel) => LanguageModel> = {
  fallback: (model) => fallback([model]),
  withDefaults: (model) => withDefaults(model, { instructions: "Be short." }),
  rateLimited: (model) => rateLimited(model, { concurrency: 1 }),
  promptedTools: (model) => promptedTools(model),
  recorded: (model) => recorded(model, join(folder, "tape.jsonl"), { mode: "record" }),
  viaOperations: (model) => viaOperations(model),
};

function ask(wrapped: (model: LanguageModel) => LanguageModel, options: ModelCallOptions) {
  let onAsked = () => {};
  const isAsked = new Promise<void>((resolve) => (onAsked = resolve));
  const reply = collect(wrapped(waiting(onAsked)), question(), options);
  return { isAsked, refused: expect(reply).rejects.toThrow("closing") };
}

it.each(Object.entries(wrappers))("%s tells its model where nothing more is to be sent", async (_, wrapped) => {
  for (const signal of [undefined, new AbortController().signal]) {
    const closing = new AbortController();
    const { isAsked, refused } = ask(wrapped, { signal, untilSent: closing.signal });
    await isAsked;
    closing.abort(new Error("closing"));
    await refused;
  }
});
