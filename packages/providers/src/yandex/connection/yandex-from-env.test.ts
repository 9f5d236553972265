import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type YandexSettings, yandexConnection } from "./connection.ts";
import { connectionOf } from "./connection-of.ts";
import { yandexFromEnv } from "./yandex-from-env.ts";

beforeEach(() => {
  for (const name of Object.keys(process.env)) if (/^(YC|YANDEX)_/.test(name)) vi.stubEnv(name, undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

describe("the environment", () => {
  it("that says something else than yes or no of data logging is refused: the service would keep what is said", () => {
    vi.stubEnv("YC_API_KEY", "AQVNkey");
    for (const [value, headers] of [
      ["off", { "x-data-logging-enabled": "false" }],
      ["TRUE", {}],
    ] as const) {
      vi.stubEnv("YC_DATA_LOGGING", value);
      expect(yandexFromEnv().headers).toEqual(headers);
    }
    vi.stubEnv("YC_DATA_LOGGING", "disabled");
    expect(() => yandexFromEnv()).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("gives key, folder and endpoints", () => {
    vi.stubEnv("YC_API_KEY", "AQVNfrom-env\n");
    vi.stubEnv("YC_FOLDER_ID", "b1genv");
    vi.stubEnv("YC_DATA_LOGGING", "false");
    for (const [index, door] of ["LLM", "OPENAI", "OPERATION", "IAM", "GRPC"].entries()) {
      vi.stubEnv(`YC_${door}_ENDPOINT`, `http://127.0.0.1:${8001 + index}`);
    }
    const { credentials, folderId, endpoints, headers } = yandexFromEnv();
    expect(credentials.authorization()).toBe("Api-Key AQVNfrom-env");
    expect(folderId).toBe("b1genv");
    expect(headers).toEqual({ "x-data-logging-enabled": "false" });
    expect(endpoints).toEqual({
      llm: "http://127.0.0.1:8001",
      openai: "http://127.0.0.1:8002",
      operation: "http://127.0.0.1:8003",
      iam: "http://127.0.0.1:8004",
      grpc: "http://127.0.0.1:8005",
      metadata: "http://169.254.169.254",
    });
  });

  it("may call its variables YANDEX_, and YC_ wins where both are set", () => {
    vi.stubEnv("YANDEX_IAM_TOKEN", "t1.token");
    vi.stubEnv("YANDEX_FOLDER_ID", "b1gold");
    expect(yandexFromEnv()).toMatchObject({ folderId: "b1gold", headers: { "x-folder-id": "b1gold" } });
    expect(yandexFromEnv().credentials.authorization()).toBe("Bearer t1.token");
    vi.stubEnv("YC_FOLDER_ID", "b1gnew");
    expect(yandexFromEnv().folderId).toBe("b1gnew");
  });

  it("gives one credential: an API key before a key file before a token before the metadata server", () => {
    vi.stubEnv("YC_METADATA_ADDR", "127.0.0.1:8080");
    expect(yandexFromEnv().endpoints.metadata).toBe("http://127.0.0.1:8080");
    vi.stubEnv("YC_IAM_TOKEN", "t1.token");
    expect(yandexFromEnv().credentials.authorization()).toBe("Bearer t1.token");
    vi.stubEnv("YC_SERVICE_ACCOUNT_KEY_FILE", "/no/such/key.json");
    expect(() => yandexFromEnv()).toThrow("/no/such/key.json (ENOENT)");
    vi.stubEnv("YC_API_KEY", "AQVNkey");
    expect(yandexFromEnv().credentials.authorization()).toBe("Api-Key AQVNkey");
  });

  it("yields to what is passed", () => {
    vi.stubEnv("YC_API_KEY", "AQVNfrom-env");
    vi.stubEnv("YC_FOLDER_ID", "b1genv");
    vi.stubEnv("YC_LLM_ENDPOINT", "http://127.0.0.1:8001");
    vi.stubEnv("YC_IAM_ENDPOINT", "http://127.0.0.1:8004");
    const settings = {
      iamToken: "t1.passed",
      folderId: undefined,
      endpoints: { llm: "http://127.0.0.1:9", iam: undefined },
    };
    const connection = yandexFromEnv(settings as unknown as YandexSettings);
    expect(connection.credentials.authorization()).toBe("Bearer t1.passed");
    expect(connection.folderId).toBe("b1genv");
    expect(connection.endpoints).toMatchObject({ llm: "http://127.0.0.1:9", iam: "http://127.0.0.1:8004" });
  });

  it("without credentials is a missing setting that names the variables", () => {
    vi.stubEnv("YC_FOLDER_ID", "b1genv");
    expect(() => yandexFromEnv()).toThrow(
      expect.objectContaining({ code: "missing-setting", hint: expect.stringMatching(/YC_API_KEY.*YC_FOLDER_ID/) }),
    );
  });
});

describe("the connection of something that is made with options", () => {
  it("is the one that is given, and then the environment does not matter", () => {
    vi.stubEnv("YC_FOLDER_ID", "b1genv");
    const connection = yandexConnection({ apiKey: "AQVNkey" });
    expect(connectionOf({ connection, apiKey: "AQVNother" })).toBe(connection);
    expect(connection.folderId).toBeUndefined();
  });

  it("is of its own credentials where it has some, and else as the environment says", () => {
    vi.stubEnv("YC_API_KEY", "AQVNenv");
    vi.stubEnv("YC_FOLDER_ID", "b1genv");
    vi.stubEnv("YC_DATA_LOGGING", "false");
    vi.stubEnv("YC_LLM_ENDPOINT", "http://127.0.0.1:8080");
    const own = connectionOf({ apiKey: "AQVNown" });
    expect(own.credentials.authorization()).toBe("Api-Key AQVNown");
    expect(own).toMatchObject({ folderId: "b1genv", headers: { "x-data-logging-enabled": "false" } });
    expect(own.endpoints.llm).toBe("http://127.0.0.1:8080");
    expect(connectionOf({ apiKey: "AQVNown", folderId: "b1gown" }).folderId).toBe("b1gown");
  });

  it("is shared by all that are made with the same settings, until the environment changes", () => {
    vi.stubEnv("YC_API_KEY", "AQVNone");
    const first = connectionOf({});
    expect(connectionOf({})).toBe(first);
    expect(yandexFromEnv()).toBe(first);
    expect(connectionOf({ folderId: "b1gother" })).not.toBe(first);
    expect(connectionOf({ apiKey: "AQVNown" })).toBe(connectionOf({ apiKey: "AQVNown" }));
    vi.stubEnv("YC_API_KEY", "AQVNtwo");
    const second = connectionOf({});
    expect(second).not.toBe(first);
    expect(second.credentials.authorization()).toBe("Api-Key AQVNtwo");
  });
});
