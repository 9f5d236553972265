// Who waits for tickets, and what they hear of a server that gives none.
import { BesedaError } from "@beseda/core";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Claims } from "./claims.ts";
import { FilesCheck } from "./files-check.ts";
import { memoryFiles } from "./memory-files.fake.ts";
import { QueueServer } from "./queue-server.ts";
import { serverAddress } from "./server-address.ts";
import { TicketQueue } from "./ticket-queue.ts";

let warnings: string[];
beforeEach(() => {
  warnings = [];
  vi.useFakeTimers();
  vi.spyOn(process, "emitWarning").mockImplementation((warning) => void warnings.push(String(warning)));
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function waiting(next: () => Promise<undefined>) {
  const server = new QueueServer(serverAddress("redis://user:top-secret@queue.internal:6379", "beseda"));
  const claims = new Claims(server);
  const check = new FilesCheck(memoryFiles(), server, 1_000);
  const queues = ["a", "b", "c"].map((name) => Object.assign(new TicketQueue(name, server, check, 1_000), { next }));
  const stop = new AbortController();
  const claimed = claims.next(queues, stop.signal);
  const end = async () => {
    stop.abort();
    expect(await claimed).toBeUndefined();
    void claims.close();
  };
  return { claimed, server, end };
}

const refused = Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" });

describe("Claims", () => {
  it.each([
    ["is not there", () => Promise.reject(refused), "ECONNREFUSED"],
    ["says nothing at all", () => new Promise<undefined>(() => {}), "cannot be reached"],
  ])("tell once of a server that %s, after 15 s, without its password", async (_, next, says) => {
    const { end } = waiting(next);
    await vi.advanceTimersByTimeAsync(14_000);
    expect(warnings).toEqual([]);
    await vi.advanceTimersByTimeAsync(600_000);
    expect(warnings).toEqual([expect.stringMatching(/^No jobs can be taken\. .*redis:\/\/queue.internal:6379/)]);
    expect(warnings[0]).toContain(says);
    expect(warnings[0]).not.toContain("top-secret");
    await end();
  });

  it("say nothing of a server that is well, and has no tickets", async () => {
    const { end } = waiting(() => new Promise((resolve) => setTimeout(() => resolve(undefined), 10_000)));
    await vi.advanceTimersByTimeAsync(600_000);
    expect(warnings).toEqual([]);
    await end();
  });

  it("tell whoever waits at once what the server refuses", async () => {
    const wrong = new BesedaError("It does not accept the password.", { code: "unauthorized" });
    const { claimed } = waiting(() => Promise.reject(wrong));
    await expect(claimed).rejects.toBe(wrong);
  });
});
