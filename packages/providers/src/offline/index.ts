// The embedded model that needs no key and no network.
export { type OfflineOptions, offline } from "./offline.ts";
