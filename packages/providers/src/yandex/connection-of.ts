// From the options of whatever is made with a connection to that connection.
import { hasCredentials } from "./auth/to-credentials.ts";
import { type YandexConnection, type YandexSettings, yandexConnection } from "./connection.ts";
import { yandexFromEnv } from "./yandex-from-env.ts";

/**
 * The connection that is given; else one by the settings, where they hold credentials; else that of the environment, which
 * all share that are made with the same settings. Other options than settings do not matter.
 */
export function connectionOf(
  options: YandexSettings & { connection?: YandexConnection | undefined },
): YandexConnection {
  const { connection, apiKey, iamToken, serviceAccountKey, vmMetadata } = options;
  if (connection) return connection;
  const { folderId, endpoints, rootCertificates, dataLogging, retry, prices } = options;
  const settings: YandexSettings = {
    ...{ apiKey, iamToken, serviceAccountKey, vmMetadata },
    ...{ folderId, endpoints, rootCertificates, dataLogging, retry, prices },
  };
  return hasCredentials(settings) ? yandexConnection(settings) : yandexFromEnv(settings);
}
