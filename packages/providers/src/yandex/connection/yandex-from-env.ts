// The connection that the environment describes.
import { BesedaError } from "@beseda/core";
import { hasCredentials } from "../auth/to-credentials.ts";
import type { YandexEndpoints } from "../endpoints.ts";
import { readPrices } from "../prices/read-prices.ts";
import { type YandexConnection, type YandexSettings, yandexConnection } from "./connection.ts";

/**
 * | variable | |
 * |---|---|
 * | `YC_API_KEY`, `YC_SERVICE_ACCOUNT_KEY_FILE`, `YC_IAM_TOKEN` | the first of them that is set, in this order |
 * | `YC_METADATA_ADDR` | host or origin of the metadata server of a virtual machine: asked where none of these is set |
 * | `YC_FOLDER_ID` | `folderId` |
 * | `YC_LLM_ENDPOINT`, `YC_OPENAI_ENDPOINT`, `YC_OPERATION_ENDPOINT`, `YC_IAM_ENDPOINT`, `YC_GRPC_ENDPOINT` | origins, such as `http://127.0.0.1:8080` |
 * | `YC_PRICES_FILE` | a table of prices as JSON, in place of `yandexPrices` |
 * | `YC_DATA_LOGGING` | `false` asks the service not to keep what is said |
 *
 * Each may begin with `YANDEX_` in place of `YC_`. Settings that are passed win, credentials over all credentials of the
 * environment. As long as the environment and the settings are the same, it is the same connection.
 *
 * @throws BesedaError `missing-setting` without credentials, `invalid-argument` for a value that cannot be right
 */
export function yandexFromEnv(settings: YandexSettings = {}): YandexConnection {
  const all = { ...settingsFromEnv(hasCredentials(settings)), ...given(settings) };
  if (!hasCredentials(all)) {
    throw new BesedaError("The environment has no credentials for Yandex AI Studio.", {
      code: "missing-setting",
      hint: "Set YC_API_KEY (or YC_SERVICE_ACCOUNT_KEY_FILE, or YC_IAM_TOKEN) and YC_FOLDER_ID, or pass apiKey and folderId.",
    });
  }
  const endpoints = { ...endpointsFromEnv(), ...given(settings.endpoints ?? {}) };
  return shared(JSON.stringify(settings), { ...all, endpoints });
}

const connections = new Map<string, { made: string; connection: YandexConnection }>();

/** One for each kind of settings: what an older environment has made of them is forgotten. */
function shared(key: string, settings: YandexSettings): YandexConnection {
  const made = JSON.stringify(settings);
  const known = connections.get(key);
  if (known?.made === made) return known.connection;
  const connection = yandexConnection(settings);
  connections.set(key, { made, connection });
  return connection;
}

function settingsFromEnv(hasOwnCredentials: boolean): YandexSettings {
  const pricesFile = valueFromEnv("PRICES_FILE");
  return given({
    ...(!hasOwnCredentials && credentialsFromEnv()),
    folderId: valueFromEnv("FOLDER_ID"),
    dataLogging: dataLoggingFromEnv(),
    prices: pricesFile ? readPrices(pricesFile) : undefined,
  });
}

function dataLoggingFromEnv(): false | undefined {
  const value = valueFromEnv("DATA_LOGGING") ?? "true";
  if (/^(false|0|no|off)$/i.test(value)) return false;
  if (/^(true|1|yes|on)$/i.test(value)) return undefined;
  throw new BesedaError(`YC_DATA_LOGGING is “${value}”, which is neither true nor false.`, {
    code: "invalid-argument",
    hint: "Set it to false if the service is not to keep what is said; else leave it out.",
  });
}

function credentialsFromEnv(): YandexSettings {
  const apiKey = valueFromEnv("API_KEY");
  if (apiKey) return { apiKey };
  const serviceAccountKey = valueFromEnv("SERVICE_ACCOUNT_KEY_FILE");
  if (serviceAccountKey) return { serviceAccountKey };
  const iamToken = valueFromEnv("IAM_TOKEN");
  if (iamToken) return { iamToken };
  return valueFromEnv("METADATA_ADDR") ? { vmMetadata: true } : {};
}

function endpointsFromEnv(): Partial<YandexEndpoints> {
  const address = valueFromEnv("METADATA_ADDR");
  return given({
    llm: valueFromEnv("LLM_ENDPOINT"),
    openai: valueFromEnv("OPENAI_ENDPOINT"),
    operation: valueFromEnv("OPERATION_ENDPOINT"),
    iam: valueFromEnv("IAM_ENDPOINT"),
    grpc: valueFromEnv("GRPC_ENDPOINT"),
    metadata: address && !address.includes("://") ? `http://${address}` : address,
  });
}

function valueFromEnv(name: string): string | undefined {
  return process.env[`YC_${name}`]?.trim() || process.env[`YANDEX_${name}`]?.trim() || undefined;
}

/** Without what is undefined, which would hide what the environment says. */
function given<Settings extends object>(settings: Settings): Given<Settings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined)) as Given<Settings>;
}

type Given<Settings> = { [Name in keyof Settings]?: Exclude<Settings[Name], undefined> };
