// `beseda tokens`: how many tokens a text is to a model, and which.
import { readText } from "./read-text.ts";
import { writeJson, writeLines } from "./write-lines.ts";
import { yandexModelName } from "./yandex-model-name.ts";

export type TokensOptions = { model?: string; json?: boolean };

/** Resolves to the exit code. @throws BesedaError where it cannot be counted */
export async function tokens(argument: string | undefined, { model, json }: TokensOptions): Promise<number> {
  const { yandexTokenizer } = await import("@beseda/providers/yandex");
  const tokenizer = yandexTokenizer(yandexModelName(model));
  const counted = await tokenizer.tokenize(await readText(argument, process.stdin));
  const pieces = counted.map(({ text }) => text).join("|");
  const number = `${counted.length} ${counted.length === 1 ? "token" : "tokens"}`;
  if (json) writeJson({ count: counted.length, tokens: counted });
  else writeLines([number, pieces]);
  return 0;
}
