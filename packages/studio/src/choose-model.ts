// Which model answers: by its id, by BESEDA_MODEL, by the keys that are set, and offline where there is none.
import { BesedaError, type LanguageModel } from "@beseda/core";
import type { ServerOptions } from "@beseda/providers/openai-compatible";

export type Environment = Readonly<Record<string, string | undefined>>;

/** `why` is for people, in short lines: what made this the model, and how to get another. */
export type ModelChoice = { id: string; why: readonly string[] };

const modelIds = "offline, openai:<model>, yandex:<model>";

const openaiURL = "https://api.openai.com/v1";
const openaiDefault = "gpt-5-mini";
const yandexDefault = "yandexgpt/latest";
const another = "Another model: --model, /model or BESEDA_MODEL; “beseda models” lists them.";

/**
 * `named` is what the user asked for, if anything; `list` asks a server for its models, and is only called where a
 * server other than OpenAI's is set and no model is named.
 * @throws BesedaError `missing-setting` where no model can be told, and whatever `list` throws
 */
export async function chooseModel(
  named: string | undefined,
  env: Environment,
  list: (server: ServerOptions) => Promise<readonly { id: string }[]>,
): Promise<ModelChoice> {
  if (named !== undefined) {
    if (named.trim() !== "") return { id: named.trim(), why: [another] };
    throw new BesedaError("No model is named.", {
      code: "missing-setting",
      hint: `Give one of ${modelIds}, or leave --model out.`,
    });
  }
  const configured = env.BESEDA_MODEL?.trim();
  if (configured) return { id: configured, why: ["Chosen by BESEDA_MODEL.", another] };
  const server = openaiServer(env);
  const yandexKey = yandexVariable(env);
  if (!server && yandexKey)
    return { id: `yandex:${yandexDefault}`, why: [`Chosen because ${yandexKey} is set.`, another] };
  if (!server) {
    return {
      id: "offline",
      why: [
        "No key is set: this is the embedded model, which answers by rules.",
        "For a real one set OPENAI_API_KEY, OPENAI_BASE_URL for a server of your own, or YC_API_KEY with YC_FOLDER_ID.",
      ],
    };
  }
  const variable = env.OPENAI_BASE_URL?.trim() ? "OPENAI_BASE_URL" : "OPENAI_API_KEY";
  const model = variable === "OPENAI_API_KEY" ? openaiDefault : await firstOf(server, list);
  return { id: `openai:${model}`, why: [`Chosen because ${variable} is set.`, another] };
}

/**
 * Models are loaded when they are asked for. `delayMs` is how long the embedded model waits between two words.
 * @throws BesedaError `invalid-argument` for an id that is none, `missing-setting` without the key for it
 */
export async function openModel(id: string, { delayMs }: { delayMs: number }): Promise<LanguageModel> {
  if (id === "offline") {
    const { offline } = await import("@beseda/providers/offline");
    return offline({ delayMs });
  }
  const [, provider, model = ""] = /^(openai|yandex):(.+)$/.exec(id) ?? [];
  if (provider === "openai") {
    const { openaiCompatibleFromEnv } = await import("@beseda/providers/openai-compatible");
    return openaiCompatibleFromEnv(model);
  }
  if (provider === "yandex") {
    const { yandex } = await import("@beseda/providers/yandex");
    return yandex(model);
  }
  throw new BesedaError(`There is no model “${id}”.`, {
    code: "invalid-argument",
    hint: `Model ids are ${modelIds}; “beseda models” lists them.`,
  });
}

/** The server that OPENAI_API_KEY and OPENAI_BASE_URL speak of, if they do. */
export function openaiServer(env: Environment): ServerOptions | undefined {
  const apiKey = env.OPENAI_API_KEY?.trim();
  const baseURL = env.OPENAI_BASE_URL?.trim();
  return apiKey || baseURL ? { baseURL: baseURL || openaiURL, apiKey } : undefined;
}

/** By which of its variables Yandex AI Studio can be asked, if by any: `yandexFromEnv` reads them. */
export function yandexVariable(env: Environment): string | undefined {
  const names = ["API_KEY", "SERVICE_ACCOUNT_KEY_FILE", "IAM_TOKEN", "METADATA_ADDR"];
  return names.flatMap((name) => [`YC_${name}`, `YANDEX_${name}`]).find((variable) => env[variable]?.trim());
}

async function firstOf(
  server: ServerOptions,
  list: (server: ServerOptions) => Promise<readonly { id: string }[]>,
): Promise<string> {
  const models = await list(server);
  const model = models.find(({ id }) => id === openaiDefault) ?? models[0];
  if (model) return model.id;
  throw new BesedaError("The server that OPENAI_BASE_URL names lists no models.", {
    code: "missing-setting",
    hint: "Name one with --model openai:<model>, or use --model offline.",
  });
}
