// For the examples: the real service where the environment has credentials for it, its fake on this machine where not.
import { toBesedaError } from "@beseda/core";
import { type YandexConnection, yandexConnection, yandexFromEnv } from "@beseda/providers/yandex";
import { startYandexServer, type YandexServerOptions } from "./yandex-server.ts";

export type YandexOrFake = { connection: YandexConnection; isFake: boolean; close(): Promise<void> };

/** Says so in one line where it is the fake; `options` are for that. */
export async function yandexOrFake(options: YandexServerOptions = {}): Promise<YandexOrFake> {
  try {
    return { connection: yandexFromEnv(), isFake: false, close: async () => {} };
  } catch (thrown) {
    if (toBesedaError(thrown).code !== "missing-setting") throw thrown;
  }
  console.log("YC_API_KEY is not set: this is a fake of Yandex AI Studio on this machine.\n");
  const server = await startYandexServer(options);
  return { connection: yandexConnection(server.settings), isFake: true, close: () => server.close() };
}
