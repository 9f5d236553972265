// What people get wrong with Yandex AI Studio, line by line: what they are told, before which request, and at what cost.
import { inspect } from "node:util";
import { BesedaError, type LanguageModel, type ModelRequest } from "@beseda/core";
import { yandex, yandexArt, yandexConnection, yandexFromEnv } from "@beseda/providers/yandex";
import { yandexDatasets } from "@beseda/providers/yandex/grpc";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "../fakes/yandex/yandex-server.ts";
import { accountKey, billedIn, question } from "./yandex-bench.ts";

afterEach(() => {
  vi.unstubAllEnvs();
});

const wrongKey = "AQVNwrong-key-that-nobody-has-issued-0001";
const token = "t1.an-iam-token-of-somebody-else";
/** None of these may be seen in an error. */
const secretsOf = ({ account }: YandexServer) => [account.apiKey, wrongKey, token, "PRIVATE KEY", "MII", "eyJ"];

type BadInput = {
  name: string;
  code: BesedaError["code"];
  /** What its message and hint say to do. */
  says: RegExp;
  /** Which requests it took to find it. None where nothing is said. */
  asked?: RegExp[];
  act(server: YandexServer): unknown;
};

async function ask(model: LanguageModel, request: string | Partial<ModelRequest> = "Hello", streamed = true) {
  const whole = typeof request === "string" ? question(request) : question("Hello", request);
  for await (const _events of model.stream(whole, { streamed })) {
    // Read to its end.
  }
}

const completion = [/\/completion$/];
const closedPort = "http://127.0.0.1:9";

/** Of about three letters a word; the models of the fake have room for 32,768 tokens. */
const manyWords = "дом ".repeat(24_000);
const manyMessages = [manyWords, manyWords].map((content) => ({ role: "user" as const, content }));

const badInputs: BadInput[] = [
  {
    name: "A wrong API key",
    code: "unauthorized",
    says: /Unknown api key.*yc iam api-key create/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, apiKey: wrongKey })),
  },
  {
    name: "A wrong API key, asked in one piece",
    code: "unauthorized",
    says: /Unknown api key.*yc iam api-key create/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, apiKey: wrongKey }), "Hello", false),
  },
  {
    name: "A wrong API key, over the OpenAI-compatible API",
    code: "unauthorized",
    says: /api key.*yc iam api-key create/is,
    asked: [/\/v1\/chat\/completions$/],
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, apiKey: wrongKey, api: "openai" })),
  },
  {
    name: "A wrong API key, for a picture",
    code: "unauthorized",
    says: /Unknown api key.*yc iam api-key create/s,
    asked: [/imageGenerationAsync$/],
    act: ({ settings }) => yandexArt({ ...settings, apiKey: wrongKey }).generate({ prompt: "a red fox" }),
  },
  {
    name: "An API key that has expired",
    code: "unauthorized",
    says: /has expired.*yc iam api-key create/s,
    asked: completion,
    act: ({ settings, identities }) => {
      identities.expiredKeys.add(wrongKey);
      return ask(yandex("yandexgpt-lite", { ...settings, apiKey: wrongKey }));
    },
  },
  {
    name: "An IAM token that has run out",
    code: "unauthorized",
    says: /token.*serviceAccountKey/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, apiKey: undefined, iamToken: token })),
  },
  {
    name: "A service-account key that was deleted",
    code: "unauthorized",
    says: /yc iam key create/,
    asked: [/\/iam\/v1\/tokens$/],
    act: (server) => {
      const serviceAccountKey = accountKey(server);
      server.identities.publicKeys.clear();
      return ask(yandex("yandexgpt-lite", { ...server.settings, apiKey: undefined, serviceAccountKey }));
    },
  },
  {
    name: "A service-account key that was cut off",
    code: "invalid-argument",
    says: /yc iam key create/,
    act: (server) => {
      const text = JSON.stringify(accountKey(server));
      const serviceAccountKey = text.slice(0, text.length / 2);
      return ask(yandex("yandexgpt-lite", { ...server.settings, apiKey: undefined, serviceAccountKey }));
    },
  },
  {
    name: "A folder that does not match the account",
    code: "invalid-argument",
    says: /does not match.*YC_FOLDER_ID.*b1gfake00000000000000/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, folderId: "b1gother0000000000000" })),
  },
  {
    name: "An empty folder",
    code: "missing-setting",
    says: /folderId or YC_FOLDER_ID/,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", { ...settings, folderId: " " })),
  },
  {
    name: "An unknown model",
    code: "not-found",
    says: /yandexgpt-9.*yandex\.models\(\)/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-9", settings)),
  },
  {
    name: "An unknown model, over the OpenAI-compatible API",
    code: "not-found",
    says: /yandex\.models\(\)/,
    asked: [/\/v1\/chat\/completions$/],
    act: ({ settings }) => ask(yandex("qwen9-1b", settings)),
  },
  ...["gpt:/folder/model", "gpt://folder", "https://ya.ru/yandexgpt", "yandexgpt latest", ""].map(
    (model): BadInput => ({
      name: `A model called "${model}"`,
      code: "invalid-argument",
      says: /(gpt:\/\/<folder>|yandexgpt\/latest)/,
      act: ({ settings }) => ask(yandex(model, settings)),
    }),
  ),
  {
    name: "A prompt that is too long for the model",
    code: "too-large",
    says: /number of input tokens.*longer context/s,
    asked: completion,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", settings), { messages: manyMessages }),
  },
  {
    name: "A prompt that is too long for the contextTokens of the model, which is found before it is billed,",
    code: "too-large",
    says: /32768.*Nothing was sent/s,
    asked: [/\/tokenizeCompletion$/],
    act: ({ settings }) =>
      ask(yandex("yandexgpt-lite", { ...settings, contextTokens: 32_768 }), { messages: manyMessages }),
  },
  {
    name: "A message of more than 100,000 characters",
    code: "too-large",
    says: /100001 characters.*100000.*Shorten/s,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", settings), "д".repeat(100_001)),
  },
  ...[2, -0.1, Number.NaN].map(
    (temperature): BadInput => ({
      name: `The temperature ${temperature}`,
      code: "invalid-argument",
      says: /temperature.*0 to 1.*settings\.temperature/s,
      act: ({ settings }) => ask(yandex("yandexgpt-lite", settings), { settings: { temperature } }),
    }),
  ),
  {
    name: "The temperature 2, by an operation",
    code: "invalid-argument",
    says: /0 to 1/,
    act: ({ settings }) =>
      ask(yandex("yandexgpt-lite", { ...settings, via: "async" }), { settings: { temperature: 2 } }),
  },
  {
    name: "A prompt of 501 characters for a picture",
    code: "too-large",
    says: /501 characters.*500.*Leave out 1/s,
    act: ({ settings }) => yandexArt(settings).generate({ prompt: "ж".repeat(501) }),
  },
  {
    name: "A prompt without words",
    code: "invalid-argument",
    says: /without a word/,
    act: ({ settings }) => ask(yandex("yandexgpt-lite", settings), " \n"),
  },
  {
    name: "A metadata server that cannot be reached",
    code: "unavailable",
    says: /metadata server.*virtual machine of Yandex Cloud.*apiKey.*serviceAccountKey/s,
    act: ({ settings }) => {
      const endpoints = { ...settings.endpoints, metadata: closedPort };
      const rest = { ...settings, apiKey: undefined, vmMetadata: true, retry: { longestWaitMs: 0 } };
      return ask(yandex("yandexgpt-lite", { ...rest, endpoints }));
    },
  },
  {
    name: "No credentials",
    code: "missing-setting",
    says: /YC_API_KEY/,
    act: ({ settings }) => yandexConnection({ ...settings, apiKey: "" }),
  },
  {
    name: "No credentials in the environment",
    code: "missing-setting",
    says: /YC_API_KEY.*YC_FOLDER_ID/s,
    act: () => ask(yandex("yandexgpt-lite")),
  },
  {
    name: "Two credentials",
    code: "invalid-argument",
    says: /apiKey, iamToken.*Pass one/s,
    act: ({ settings }) => yandexConnection({ ...settings, iamToken: token }),
  },
  ...(
    [
      ["YC_IAM_TOKEN", wrongKey, /YC_API_KEY/],
      ["YC_API_KEY", token, /YC_IAM_TOKEN/],
      ["YC_API_KEY", `Api-Key ${wrongKey}`, /without a word before it/],
      ["YC_SERVICE_ACCOUNT_KEY_FILE", wrongKey, /yc iam key create/],
    ] as const
  ).map(
    ([variable, value, says]): BadInput => ({
      name: `A key in the wrong place: ${variable}=${value.slice(0, 12)}…`,
      code: "invalid-argument",
      says,
      act({ settings: { endpoints, folderId } }) {
        vi.stubEnv(variable, value);
        return yandexFromEnv({ endpoints, folderId });
      },
    }),
  ),
  ...[wrongKey, token, `Api-Key ${wrongKey}`].map(
    (value): BadInput => ({
      name: `A key in the wrong place: YC_FOLDER_ID=${value.slice(0, 12)}…`,
      code: "invalid-argument",
      says: /folder.*b1g/s,
      act({ settings: { apiKey, endpoints } }) {
        vi.stubEnv("YC_FOLDER_ID", value);
        return ask(yandex("yandexgpt-lite", { connection: yandexFromEnv({ apiKey, endpoints }) }));
      },
    }),
  ),
  {
    name: "An invalid row 17 of 1,000 of a dataset",
    code: "invalid-argument",
    says: /Row 17: request/,
    act: ({ settings }) => {
      const request = [{ role: "user", text: "x" }];
      const rows = Array.from({ length: 1_000 }, (_, index) =>
        index === 16 ? { response: "x" } : { request, response: "x" },
      );
      return yandexDatasets(settings).put({ name: "rows", taskType: "TextToTextGeneration", rows });
    },
  },
];

describe("Bad input is a clear error with the next step, found as early as it can be, and nothing is billed:", () => {
  it.each(badInputs.map((input) => [input.name, input] as const))("%s", async (_, { code, says, asked = [], act }) => {
    for (const name of Object.keys(process.env)) if (/^(YC|YANDEX)_/.test(name)) vi.stubEnv(name, undefined);
    const server = await startYandexServer({ grpc: true });
    try {
      const error = await (async () => act(server))().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      if (!(error instanceof BesedaError)) throw new Error(`It is no BesedaError: ${inspect(error)}`);
      expect(error.code).toBe(code);
      expect(error.isRetryable).toBe(code === "unavailable");
      expect(error.hint).toMatch(/\w+.*\.$/s);
      expect(error.advice).toMatch(says);
      const told = [error.message, error.hint, error.stack, JSON.stringify(error), inspect(error, { depth: 9 })].join();
      for (const secret of secretsOf(server)) expect(told).not.toContain(secret);
      expect(server.ledger.map(({ path }) => path)).toEqual(asked.map((path) => expect.stringMatching(path)));
      expect(billedIn(server)).toEqual([]);
    } finally {
      await server.close();
    }
  });
});
