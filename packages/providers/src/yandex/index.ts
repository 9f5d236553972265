// @beseda/providers/yandex
export { type YandexConnection, type YandexSettings, yandexConnection } from "./connection.ts";
export { type YandexEndpoints, yandexEndpoints } from "./endpoints.ts";
