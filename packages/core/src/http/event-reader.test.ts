import { afterEach, describe, expect, it, vi } from "vitest";
import { EventReader } from "./event-reader.ts";
import { sseDecoder } from "./read-sse.ts";

function open({ completeAt = "" } = {}) {
  const decoded: string[] = [];
  const sink = {
    event(text: string, _name: string, events: string[]) {
      if (text === "bad") throw new Error("bad event");
      decoded.push(text);
      events.push(text);
      if (text === completeAt) this.isComplete = true;
    },
    end() {},
    isComplete: false,
  };
  const reader = new EventReader(sseDecoder(sink));
  const source = { pause: vi.fn(), resume: vi.fn(), abort: vi.fn() };
  reader.connect(source);
  const send = (...texts: string[]) => reader.push(Buffer.from(texts.map((text) => `data: ${text}\n\n`).join("")));
  return { reader, source, send, decoded };
}

const done = { done: true, value: undefined };

describe("a reader of events", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("parses nothing before somebody asks, and then at most 32 events at a time", async () => {
    const { reader, send, decoded } = open();
    send(...Array.from({ length: 100 }, (_, index) => String(index)));
    expect(decoded).toHaveLength(0);
    const first = await reader.next();
    expect(first.value).toHaveLength(32);
    expect(decoded).toHaveLength(32);
    reader.close();
    const all = [...(first.value as string[])];
    for await (const events of reader) all.push(...events);
    expect(all).toEqual(Array.from({ length: 100 }, (_, index) => String(index)));
  });

  it("answers overlapping calls in their order, and those after the end with the end", async () => {
    const { reader, send } = open();
    const asked = [reader.next(), reader.next(), reader.next(), reader.next()];
    send("a");
    send("b");
    reader.close();
    expect(await Promise.all(asked)).toEqual([
      { done: false, value: ["a"] },
      { done: false, value: ["b"] },
      done,
      done,
    ]);
    expect(await reader.next()).toEqual(done);
  });

  it("hands over what came before an error, throws the error once, and is done", async () => {
    const { reader, send } = open();
    send("a");
    reader.close(new Error("broken"));
    expect(await reader.next()).toEqual({ done: false, value: ["a"] });
    await expect(reader.next()).rejects.toThrow("broken");
    expect(await reader.next()).toEqual(done);
  });

  it("closes the socket over an event that cannot be read, after the events before it", async () => {
    const { reader, send, source } = open();
    send("a", "bad", "c");
    expect(await reader.next()).toEqual({ done: false, value: ["a"] });
    await expect(reader.next()).rejects.toThrow("bad event");
    expect(source.abort).toHaveBeenCalled();
    expect(await reader.next()).toEqual(done);
  });

  it("that is left closes the socket and lets go of whoever waits", async () => {
    const { reader, source, send } = open();
    const waiting = reader.next();
    expect(await reader.return()).toEqual(done);
    expect(await waiting).toEqual(done);
    expect(source.abort).toHaveBeenCalledOnce();
    send("late");
    expect(await reader.next()).toEqual(done);
  });

  it("that is aborted drops what is unread and throws the reason once", async () => {
    const { reader, source, send } = open();
    send("a");
    reader.abort(new Error("stopped"));
    await expect(reader.next()).rejects.toThrow("stopped");
    expect(await reader.next()).toEqual(done);
    expect(source.abort).toHaveBeenCalled();
  });

  it("pauses the socket above 1 MB of unread bytes and resumes it when they are read", async () => {
    const { reader, source, send } = open();
    const long = "x".repeat(300_000);
    for (let i = 0; i < 3; i++) send(long);
    expect(source.pause).not.toHaveBeenCalled();
    send(long);
    expect(source.pause).toHaveBeenCalledOnce();
    expect(source.resume).not.toHaveBeenCalled();
    await reader.next();
    expect(source.resume).toHaveBeenCalledOnce();
  });

  it("waits 100 ms and no longer for the end of a reply that is complete", async () => {
    vi.useFakeTimers();
    const { reader, source, send } = open({ completeAt: "[DONE]" });
    send("a", "[DONE]");
    await reader.next();
    const end = reader.next();
    await vi.advanceTimersByTimeAsync(99);
    expect(source.abort).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(await end).toEqual(done);
    expect(source.abort).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it("takes a connection that breaks after a complete reply for its end", async () => {
    const { reader, send } = open({ completeAt: "[DONE]" });
    send("[DONE]");
    await reader.next();
    reader.close(new Error("reset"));
    expect(await reader.next()).toEqual(done);
  });
});
