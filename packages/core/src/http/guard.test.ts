import { afterEach, describe, expect, it, vi } from "vitest";
import { BesedaError } from "../errors.ts";
import { type ModelServer, type ServerReply, startModelServer } from "../testing/index.ts";
import { replyEvents, requestJson, streamEvents } from "./event-stream.ts";
import type { Guard, Visit } from "./guard.ts";
import { parseEvent } from "./read-json-lines.ts";
import { sseDecoder } from "./read-sse.ts";
import { errorInBody } from "./reply-error.ts";

let server: ModelServer | undefined;

afterEach(async () => {
  await server?.close();
});

/** Waits for what has to come, however busy the machine is. */
function until(claim: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(claim, { interval: 2 });
}

/** A guard that tells what it was asked, in order; `visit` says in what it differs from one that lets everybody through. */
function watched(visit: Partial<Visit> = {}) {
  const calls: string[] = [];
  let admitted = 0;
  const guard: Guard = {
    begin() {
      calls.push("begin");
      return {
        async admit(signal) {
          calls.push("admit");
          admitted++;
          return (await visit.admit?.(signal)) ?? { authorization: `Bearer token-${admitted}` };
        },
        failed(error) {
          calls.push(`failed ${error.status ?? error.code}`);
          return visit.failed?.(error) ?? { error };
        },
        end() {
          calls.push("end");
        },
      };
    },
  };
  return { guard, calls };
}

type Asked = { guard?: Guard; signal?: AbortSignal; retries?: number };

async function request(replies: ServerReply[], { guard, signal, retries = 2 }: Asked) {
  server = await startModelServer({ replies });
  const body = JSON.stringify({ model: "test-model", messages: [{ role: "user", content: "hi" }], stream: true });
  const headers = { "x-own": "kept", authorization: "Bearer nobody" };
  // No wait, so that no test has to.
  return { url: `${server.url}/chat/completions`, headers, body, signal, guard, retry: { longestWaitMs: 0, retries } };
}

async function stream(replies: ServerReply[], asked: Asked) {
  return streamEvents({
    ...(await request(replies, asked)),
    accept: "text/event-stream",
    decoder: () =>
      sseDecoder<string>({
        event(text, _name, events) {
          const error = text.startsWith("{") ? errorInBody(parseEvent(text)) : undefined;
          if (error) throw error;
          events.push(text);
        },
        end() {},
      }),
  });
}

async function drain(events: AsyncIterable<string[]>): Promise<string[]> {
  const all: string[] = [];
  for await (const some of events) all.push(...some);
  return all;
}

const fine: ServerReply = { raw: ["data: fine\n\n"] };
const open: ServerReply = { raw: ["data: one\n\n"], ends: "never" };
const silent: ServerReply = { raw: [], ends: "never" };
const busy: ServerReply = { status: 503, body: { error: { message: "busy" } } };
const full: ServerReply = { status: 429, body: { error: { message: "full" } } };
const json: ServerReply = { status: 200, body: { fine: true } };
const errorEvent = 'data: {"error":{"message":"overloaded","type":"server_error"}}\n\n';

/** Waits for a signal that says so, and for nothing else. */
function untilAborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
}

describe("a guard", () => {
  it("gives the headers of each attempt, which win over those of the request", async () => {
    const { guard, calls } = watched();
    expect(await drain(await stream([busy, fine], { guard }))).toEqual(["fine"]);
    expect(server?.requests.map(({ headers }) => headers.authorization)).toEqual(["Bearer token-1", "Bearer token-2"]);
    expect(server?.requests[1]?.headers["x-own"]).toBe("kept");
    expect(calls).toEqual(["begin", "admit", "failed 503", "admit", "end"]);
  });

  it("can have a request sent again at once, as often as it likes, without that being counted", async () => {
    const { guard, calls } = watched({
      failed: (error) => ({ error, again: error.status === 429 ? "now" : undefined }),
    });
    const outcome = drain(await stream([full, full, full, busy, full, fine], { guard, retries: 1 }));
    expect(await outcome).toEqual(["fine"]);
    expect(calls.filter((call) => call === "admit")).toHaveLength(6);
    expect(calls.filter((call) => call === "end")).toHaveLength(1);
  });

  it("can have an error that is not retryable answered with another attempt, as with a dead token", async () => {
    const dead: ServerReply = { status: 401, body: { error: { message: "expired" } } };
    const { guard } = watched({ failed: (error) => ({ error, again: "now" }) });
    expect(await requestJson(await request([dead, json], { guard }))).toEqual({ fine: true });
    expect(server?.requests).toHaveLength(2);
  });

  it("can forbid another attempt, and tells the caller what it makes of the error", async () => {
    const told = new BesedaError("for today it is over", { code: "rate-limited", isRetryable: true });
    const { guard } = watched({ failed: () => ({ error: told, again: "never" }) });
    await expect(drain(await stream([full, fine], { guard }))).rejects.toBe(told);
    expect(server?.requests).toHaveLength(1);
    await server?.close();
    await expect(requestJson(await request([full, json], { guard }))).rejects.toBe(told);
    expect(server?.requests).toHaveLength(1);
  });

  it("hears no more of a request that it has asked to repeat once the caller has stopped", async () => {
    const controller = new AbortController();
    const { guard, calls } = watched({
      failed(error) {
        controller.abort(new Error("enough"));
        return { error, again: "now" };
      },
    });
    await expect(drain(await stream([full, fine], { guard, signal: controller.signal }))).rejects.toBeDefined();
    expect(calls).toEqual(["begin", "admit", "failed 429", "end"]);
    expect(server?.requests).toHaveLength(1);
  });

  it("explains an error in mid-stream, although nothing is sent again", async () => {
    const told = new BesedaError("explained", { code: "unavailable", isRetryable: true });
    const { guard, calls } = watched({ failed: () => ({ error: told, again: "now" }) });
    const events = await stream([{ raw: ["data: one\n\n", errorEvent] }, fine], { guard });
    expect(await events.next()).toEqual({ done: false, value: ["one"] });
    await expect(events.next()).rejects.toBe(told);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(calls).toEqual(["begin", "admit", "end", "failed 200"]);
    expect(server?.requests).toHaveLength(1);
  });

  it("is not needed: without one the request's own headers go out", async () => {
    expect(await drain(await stream([fine], {}))).toEqual(["fine"]);
    expect(server?.requests[0]?.headers.authorization).toBe("Bearer nobody");
  });
});

describe("the end of a visit is told once", () => {
  const once = ["begin", "admit", "end"];

  it("when a streamed reply is read to its end, and not while it goes on", async () => {
    const { guard, calls } = watched();
    const events = await stream([fine], { guard });
    expect(calls).toEqual([]);
    expect(await events.next()).toEqual({ done: false, value: ["fine"] });
    expect(calls).toEqual(["begin", "admit"]);
    await events.next();
    await events.next();
    await events.return?.();
    expect(calls).toEqual(once);
  });

  it("when a reply in one piece has come, as events or as JSON, or was empty", async () => {
    const events = watched();
    const read = (body: unknown) => [JSON.stringify(body)];
    const reply = replyEvents({ ...(await request([json], events)), read });
    await reply.next();
    // Though nobody asks it again.
    expect(events.calls).toEqual(once);
    expect(await reply.next()).toEqual({ done: true, value: undefined });
    expect(events.calls).toEqual(once);
    await server?.close();
    const whole = watched();
    await requestJson(await request([json], whole));
    expect(whole.calls).toEqual(once);
    await server?.close();
    const empty = watched();
    expect(await drain(await stream([{ raw: [] }], empty))).toEqual([]);
    expect(empty.calls).toEqual(once);
  });

  it("when the reader leaves in the middle, or before anything has come", async () => {
    const begun = watched();
    const middle = await stream([open], begun);
    await middle.next();
    await middle.return?.();
    await middle.return?.();
    expect(begun.calls).toEqual(once);
    await server?.close();

    const opening = watched();
    const events = await stream([silent], opening);
    const first = events.next();
    await until(() => expect(server?.requests).toHaveLength(1));
    await events.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(opening.calls).toEqual(["begin", "admit", expect.stringMatching(/^failed/), "end"]);
  });

  it("when the reader leaves while admission waits, and nothing is sent then", async () => {
    const patient = watched({ admit: untilAborted });
    const events = await stream([fine], patient);
    const first = events.next();
    await until(() => expect(patient.calls).toEqual(["begin", "admit"]));
    await events.return?.();
    expect(await first).toEqual({ done: true, value: undefined });
    expect(patient.calls).toEqual(once);
    expect(server?.requests).toHaveLength(0);
  });

  it("when what ends only the waiting is aborted: before it is sent, and not once it is", async () => {
    const controller = new AbortController();
    const { signal: untilSent } = controller;
    const patient = watched({ admit: untilAborted });
    const waiting = requestJson({ ...(await request([fine], patient)), untilSent });
    await until(() => expect(patient.calls).toEqual(["begin", "admit"]));
    controller.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    expect(patient.calls).toEqual(once);
    expect(server?.requests).toHaveLength(0);
    await server?.close();

    const under = new AbortController();
    const sent = requestJson({
      ...(await request([{ status: 200, body: { fine: true } }], watched())),
      untilSent: under.signal,
    });
    await until(() => expect(server?.requests).toHaveLength(1));
    under.abort(new Error("too late"));
    expect(await sent).toEqual({ fine: true });
  });

  it("when the reader leaves just before it is admitted, and nothing is sent then either", async () => {
    let admit = () => {};
    const deaf = watched({
      admit: () =>
        new Promise((resolve) => {
          admit = () => resolve({});
        }),
    });
    const events = await stream([fine], deaf);
    const first = events.next();
    await until(() => expect(deaf.calls).toEqual(["begin", "admit"]));
    await events.return?.();
    admit();
    expect(await first).toEqual({ done: true, value: undefined });
    await until(() => expect(deaf.calls.at(-1)).toBe("end"));
    expect(deaf.calls.filter((call) => call === "end")).toHaveLength(1);
    expect(server?.requests).toHaveLength(0);
  });

  it("when the caller's signal is aborted: before, while admission waits, while opening, in the middle, as JSON", async () => {
    const reason = new Error("enough");
    const before = watched({ admit: untilAborted });
    await expect((await stream([fine], { ...before, signal: AbortSignal.abort(reason) })).next()).rejects.toBe(reason);
    expect(before.calls).toEqual(["begin", "end"]);
    await server?.close();

    for (const ask of [
      async (asked: Asked) => (await stream([fine], asked)).next(),
      async (asked: Asked) => requestJson(await request([json], asked)),
    ]) {
      const waiting = watched({ admit: untilAborted });
      const controller = new AbortController();
      const outcome = ask({ ...waiting, signal: controller.signal });
      await until(() => expect(waiting.calls).toEqual(["begin", "admit"]));
      controller.abort(reason);
      await expect(outcome).rejects.toBe(reason);
      expect(waiting.calls).toEqual(once);
      expect(server?.requests).toHaveLength(0);
      await server?.close();
    }

    for (const ask of [
      async (asked: Asked) => (await stream([silent], asked)).next(),
      async (asked: Asked) => requestJson(await request([silent], asked)),
    ]) {
      const opening = watched();
      const controller = new AbortController();
      const outcome = ask({ ...opening, signal: controller.signal });
      await until(() => expect(server?.requests).toHaveLength(1));
      controller.abort(reason);
      await expect(outcome).rejects.toBe(reason);
      expect(opening.calls).toEqual(once);
      await server?.close();
    }
  });

  it("when the caller's signal is aborted in the middle, whether or not the reply is asked again", async () => {
    const { guard, calls } = watched();
    const controller = new AbortController();
    const events = await stream([open], { guard, signal: controller.signal });
    await events.next();
    controller.abort(new Error("enough"));
    expect(calls).toEqual(once);
    await expect(events.next()).rejects.toThrow("enough");
    await events.return?.();
    expect(calls).toEqual(once);
  });

  it("when it fails: before the first event, for good, or because admission does", async () => {
    const lost = watched();
    await expect(drain(await stream([{ raw: [errorEvent] }], { ...lost, retries: 0 }))).rejects.toThrow("overloaded");
    expect(lost.calls).toEqual(["begin", "admit", "failed 200", "end"]);
    await server?.close();

    const failing = watched();
    await expect(requestJson(await request([busy, busy], { ...failing, retries: 1 }))).rejects.toThrow("busy");
    expect(failing.calls).toEqual(["begin", "admit", "failed 503", "admit", "failed 503", "end"]);
    await server?.close();

    const shut = watched({
      admit: () => {
        throw new BesedaError("no token", { code: "unauthorized" });
      },
    });
    await expect(drain(await stream([fine], shut))).rejects.toThrow("no token");
    expect(shut.calls).toEqual(["begin", "admit", "failed unauthorized", "end"]);
    expect(server?.requests).toHaveLength(0);
  });
});
