// Whoever waits for an event waits as long as a slow machine needs for it, and not for one second, which is the default.
import { vi } from "vitest";

const patient = { timeout: 20_000 };
const { waitFor, waitUntil } = vi;
vi.waitFor = (callback, options) => waitFor(callback, withPatience(options));
vi.waitUntil = (callback, options) => waitUntil(callback, withPatience(options));

function withPatience<Options extends object>(options: number | Options | undefined): number | Options {
  return typeof options === "number" ? options : { ...patient, ...(options as Options) };
}
