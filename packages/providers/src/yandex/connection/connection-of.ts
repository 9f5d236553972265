// From the options of whatever is made with a connection to that connection.
import type { YandexConnection, YandexSettings } from "./connection.ts";
import { yandexFromEnv } from "./yandex-from-env.ts";

/**
 * The connection that is given; else one by the settings and, in what they leave open, by the environment. All share it that
 * are made with the same settings. Other options than settings do not matter.
 */
export function connectionOf(
  options: YandexSettings & { connection?: YandexConnection | undefined },
): YandexConnection {
  const { connection, apiKey, iamToken, serviceAccountKey, vmMetadata } = options;
  if (connection) return connection;
  const { folderId, endpoints, rootCertificates, dataLogging, retry, prices } = options;
  return yandexFromEnv({
    ...{ apiKey, iamToken, serviceAccountKey, vmMetadata },
    ...{ folderId, endpoints, rootCertificates, dataLogging, retry, prices },
  });
}
