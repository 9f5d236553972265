import { describe, expect, it } from "vitest";
import { RecentIds } from "./recent-ids.ts";
import { ThreadQueue } from "./thread-queue.ts";

describe("ThreadQueue", () => {
  it("runs the jobs of a thread one after another, in the order in which they came", async () => {
    const queue = new ThreadQueue();
    const seen: string[] = [];
    const job = (name: string) => async () => {
      seen.push(`${name} begins`);
      await new Promise(setImmediate);
      seen.push(`${name} ends`);
      return name;
    };
    const results = [queue.run("a", job("1")), queue.run("a", job("2")), queue.run("a", job("3"))];
    expect(await Promise.all(results)).toEqual(["1", "2", "3"]);
    expect(seen).toEqual(["1 begins", "1 ends", "2 begins", "2 ends", "3 begins", "3 ends"]);
  });

  it("keeps no thread waiting for another one", async () => {
    const queue = new ThreadQueue();
    const { promise, resolve } = gate();
    const slow = queue.run("a", () => promise);
    expect(await queue.run("b", async () => "done")).toBe("done");
    resolve();
    await slow;
  });

  it("goes on after a job that fails, and tells only its caller", async () => {
    const queue = new ThreadQueue();
    const failing = queue.run("a", () => Promise.reject(new Error("no")));
    const next = queue.run("a", async () => "next");
    await expect(failing).rejects.toThrow("no");
    expect(await next).toBe("next");
  });

  it("stops the job that is running, not those that wait", async () => {
    const queue = new ThreadQueue();
    const untilStopped = (signal: AbortSignal) =>
      new Promise((resolve) => signal.addEventListener("abort", () => resolve("stopped")));
    const first = queue.run("a", untilStopped);
    const second = queue.run("a", async (signal) => signal.aborted);
    await new Promise(setImmediate);
    queue.stop("a");
    queue.stop("unknown");
    expect(await first).toBe("stopped");
    expect(await second).toBe(false);
  });

  it("is idle when all jobs have ended, those that came in the meantime too", async () => {
    const queue = new ThreadQueue();
    const seen: string[] = [];
    void queue.run("a", async () => {
      void queue.run("b", async () => {
        await new Promise(setImmediate);
        seen.push("b");
      });
    });
    await queue.idle();
    expect(seen).toEqual(["b"]);
  });
});

describe("RecentIds", () => {
  it("gives an id to the first who claims it", () => {
    const ids = new RecentIds();
    expect([ids.claim(1), ids.claim("1"), ids.claim(1), ids.claim("1")]).toEqual([true, true, false, false]);
  });

  it("forgets the oldest ids first", () => {
    const ids = new RecentIds(2);
    expect([ids.claim(1), ids.claim(2), ids.claim(3)]).toEqual([true, true, true]);
    expect([ids.claim(3), ids.claim(2), ids.claim(1)]).toEqual([false, false, true]);
  });
});

function gate(): { promise: Promise<void>; resolve: () => void } {
  let resolve = () => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
