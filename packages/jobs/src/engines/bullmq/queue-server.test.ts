// A server that nobody is at: what trying again and again leaves behind.
import { expect, it, vi } from "vitest";
import { QueueServer } from "./queue-server.ts";
import { serverAddress } from "./server-address.ts";

it("a Postgres that cannot be opened is tried as often as one likes, and nothing of that is left", async () => {
  const added = vi.spyOn(AbortSignal.prototype, "addEventListener");
  const removed = vi.spyOn(AbortSignal.prototype, "removeEventListener");
  const server = new QueueServer(serverAddress("postgres://user@127.0.0.1:1/database", "beseda"));
  for (let times = 0; times < 20; times++) {
    await expect(server.backends()).rejects.toMatchObject({ code: "ECONNREFUSED" });
  }
  const aborts = (calls: unknown[][]) => calls.filter(([event]) => event === "abort").length;
  expect(aborts(removed.mock.calls)).toBe(aborts(added.mock.calls));
  server.stop();
  await server.close();
  vi.restoreAllMocks();
});
