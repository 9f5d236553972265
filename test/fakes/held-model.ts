// A model that is still talking while the test does something else.
import type { LanguageModel } from "@beseda/core";

/** Says the first half at once, and the second when it is released. */
export function heldModel(first: string, second: string): { model: LanguageModel; release: () => void } {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const model: LanguageModel = {
    provider: "test",
    modelId: "held",
    async *stream() {
      yield [{ type: "text-delta", text: first }];
      await held;
      yield [
        { type: "text-delta", text: second },
        { type: "finish", finishReason: "stop" },
      ];
    },
  };
  return { model, release };
}
