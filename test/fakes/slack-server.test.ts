// The fake Slack refuses what the real one refuses, and delivers events as it does: otherwise what passes proves nothing.
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from "node:http";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { type SlackPerson, type SlackServer, startSlackServer } from "./slack-server.ts";

let clock: FakeClock;
let slack: SlackServer;
let anna: SlackPerson;

beforeEach(async () => {
  clock = new FakeClock();
  slack = await startSlackServer({ clock });
  anna = slack.person("Anna");
});

afterEach(() => slack.close());

describe("the fake Slack", () => {
  it("knows its app by the token", async () => {
    expect(await call("auth.test")).toMatchObject({ ok: true });
    expect(await call("auth.test", {}, "Bearer xoxb-wrong")).toEqual({ ok: false, error: "invalid_auth" });
    expect(await call("auth.test", {}, "")).toEqual({ ok: false, error: "not_authed" });
    expect(await call("auth.nonsense")).toEqual({ ok: false, error: "unknown_method" });
  });

  it("refuses texts that are empty, too long or double, and channels and threads that it does not know", async () => {
    expect(await post({ markdown_text: " " })).toEqual({ ok: false, error: "no_text" });
    expect(await post({ markdown_text: "a".repeat(12_001) })).toEqual({ ok: false, error: "msg_too_long" });
    expect(await post({ text: "a", markdown_text: "a" })).toEqual({ ok: false, error: "markdown_text_conflict" });
    expect(await post({ text: "a", channel: "C1" })).toEqual({ ok: false, error: "channel_not_found" });
    expect(await post({ text: "a", thread_ts: "1.1" })).toEqual({ ok: false, error: "thread_not_found" });
    expect(await post({ markdown_text: "a".repeat(12_000) })).toMatchObject({ ok: true });
  });

  it("lets the app change its own messages only", async () => {
    const channel = slack.channel("dacha");
    const { ts: foreign } = slack.say(anna, "Hi", { channel });
    const { ts } = await post({ channel, text: "Hello" });
    expect(await call("chat.update", { channel, ts: foreign, text: "Bye" })).toMatchObject({
      error: "cant_update_message",
    });
    expect(await call("chat.update", { channel, ts: "1.1", text: "Bye" })).toMatchObject({
      error: "message_not_found",
    });
    expect(await call("chat.delete", { channel, ts: foreign })).toMatchObject({ error: "cant_delete_message" });
    expect(await call("chat.update", { channel, ts, text: "Bye" })).toMatchObject({ ok: true });
    expect(slack.messages(channel).map(({ text }) => text)).toEqual(["Hi", "Bye"]);
  });

  it("allows one post per second in a channel, and fifty updates per minute", async () => {
    const { ts } = await post({ text: "1" });
    expect(await post({ text: "2" })).toEqual({ ok: false, error: "ratelimited", retryAfter: "1" });
    clock.wait(1_000);
    expect(await post({ text: "2" })).toMatchObject({ ok: true });
    for (let count = 0; count < 50; count++) {
      expect(await call("chat.update", { channel: anna.directChannel, ts, text: `${count}` })).toMatchObject({
        ok: true,
      });
    }
    const refused = await call("chat.update", { channel: anna.directChannel, ts, text: "one more" });
    expect(refused).toEqual({ ok: false, error: "ratelimited", retryAfter: "60" });
  });

  it("sends an event again, signed anew, until it is acknowledged", async () => {
    const seen: IncomingHttpHeaders[] = [];
    const app = await listen((request, response) => {
      seen.push(request.headers);
      response.writeHead(seen.length < 3 ? 500 : 200).end();
    });
    slack.sendEventsTo(app);
    expect(await slack.say(anna, "Hello").acknowledged).toEqual({ deliveries: 3 });
    expect(seen.map((headers) => headers["x-slack-retry-reason"])).toEqual([undefined, "http_error", "http_error"]);
    expect(seen.map((headers) => headers["x-slack-retry-num"])).toEqual([undefined, "1", "2"]);
    for (const headers of seen) expect(headers["x-slack-signature"]).toMatch(/^v0=[0-9a-f]{64}$/);
    await close(app);
  });

  it("takes an acknowledgement that does not come in time for none, and gives up after four deliveries", async () => {
    const impatient = await startSlackServer({ ackMs: 1 });
    const app = await listen(() => {});
    impatient.sendEventsTo(app);
    await expect(impatient.say(impatient.person("Boris"), "Hello").acknowledged).rejects.toThrow("http_timeout");
    await close(app);
    await impatient.close();
  });
});

async function listen(answer: RequestListener): Promise<Server> {
  const app = createServer(answer);
  await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
  return app;
}

function close(app: Server): Promise<unknown> {
  app.closeAllConnections();
  return new Promise((resolve) => app.close(resolve));
}

async function call(method: string, args: Record<string, string> = {}, authorization = `Bearer ${slack.token}`) {
  const response = await fetch(slack.apiUrl + method, {
    method: "POST",
    body: new URLSearchParams(args),
    headers: authorization === "" ? {} : { authorization },
  });
  const retryAfter = response.headers.get("retry-after");
  return { ...JSON.parse(await response.text()), ...(retryAfter && { retryAfter }) };
}

function post(args: Record<string, string>) {
  return call("chat.postMessage", { channel: anna.directChannel, ...args });
}
