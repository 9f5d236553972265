import { AsyncLocalStorage } from "node:async_hooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { EventBus, type Publication } from "./event-bus.ts";
import type { StreamPart } from "./stream-part.ts";

const said = (text: string, runId = "run"): StreamPart => ({ type: "text-delta", id: "text-1", text, runId });
const told = () => new Promise((resolve) => setImmediate(resolve));

afterEach(() => {
  vi.restoreAllMocks();
});

describe("the event bus", () => {
  it("tells when a part was published and which run was read, not when the watcher was told", async () => {
    const now = vi.spyOn(Date, "now").mockReturnValue(1000);
    const bus = new EventBus();
    const heard: [string, Publication][] = [];
    bus.on("text-delta", ({ text }, publication) => heard.push([text, publication]));
    bus.publish([said("a"), said("b", "sub-run")], "run");
    now.mockReturnValue(2000);
    const caller = { runId: "above", callId: "call-1" };
    bus.publish([said("c")], "run", caller);
    now.mockReturnValue(9000);
    await told();
    expect(heard).toEqual([
      ["a", { at: 1000, runId: "run", caller: undefined }],
      ["b", { at: 1000, runId: "run", caller: undefined }],
      ["c", { at: 2000, runId: "run", caller }],
    ]);
    expect(heard[0]?.[1]).toBe(heard[1]?.[1]);
  });

  it("calls listeners in the async context of whoever published, and in the order of the parts", async () => {
    const caller = new AsyncLocalStorage<string>();
    const bus = new EventBus();
    const heard: string[] = [];
    bus.on("part", (part) => heard.push(`${part.type === "text-delta" && part.text} for ${caller.getStore()}`));
    caller.run("ann", () => bus.publish([said("a")], "run"));
    caller.run("bob", () => bus.publish([said("b")], "run"));
    caller.run("ann", () => bus.publish([said("c")], "run"));
    await told();
    expect(heard).toEqual(["a for ann", "b for bob", "c for ann"]);
  });

  it("does nothing while nobody listens, nor once they have left", () => {
    const immediate = vi.spyOn(globalThis, "setImmediate");
    const clock = vi.spyOn(Date, "now");
    const bus = new EventBus();
    bus.publish([said("a")], "run");
    const [first, second] = [vi.fn(), vi.fn()];
    bus.on("part", first);
    bus.on("finish", second);
    bus.off("part", first);
    bus.off("part", first);
    bus.publish([said("b")], "run");
    expect(immediate).toHaveBeenCalledOnce();
    bus.off("finish", second);
    bus.publish([said("c")], "run");
    expect(immediate).toHaveBeenCalledOnce();
    expect(clock).toHaveBeenCalledOnce();
  });
});
