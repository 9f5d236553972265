// A small Slack: signed events to an app, the Web API methods that a chatting app needs, and a ledger of calls.
import { createHmac } from "node:crypto";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { startHttpServer } from "./http-server.ts";

export type SlackPerson = { id: string; name: string; directChannel: string };

/** A message as the people in the channel see it. `thread` is the `ts` of the message that the thread hangs on. */
export type SlackMessage = { ts: string; from: string; text: string; edits: number; thread: string | undefined };

/** `at` is the time of the clock, in milliseconds; `refused` is the error that was answered. */
export type SlackCall = { method: string; args: Args; at: number; refused?: string };

/** `deliveries` counts how often it was sent until it was acknowledged in time. */
export type SlackEvent = { eventId: string; ts: string; acknowledged: Promise<{ deliveries: number }> };

type Args = { [name: string]: string };
type Channel = { id: string; name: string; messages: SlackMessage[]; lastPost: number };

const teamId = "T0001";
const botUserId = "U0BOT";
const botName = "Beseda";

export type SlackServer = FakeSlack & { apiUrl: string; close(): Promise<void> };

/** `ackMs`: how long it waits for an acknowledgement before it sends an event again. */
export async function startSlackServer({
  clock = Date,
  ackMs = 3_000,
}: {
  clock?: { now(): number };
  ackMs?: number;
} = {}): Promise<SlackServer> {
  const slack = new FakeSlack(clock, ackMs);
  const { url, close } = await startHttpServer((request, body, response) => slack.serve(request, body, response));
  return Object.assign(slack, { apiUrl: `${url}/api/`, close });
}

class FakeSlack {
  readonly token = "xoxb-fake-token-of-the-app";
  readonly signingSecret = "fake-signing-secret";
  /** How a person mentions the app. */
  readonly mention = `<@${botUserId}>`;
  readonly calls: SlackCall[] = [];
  readonly #clock: { now(): number };
  readonly #ackMs: number;
  readonly #channels = new Map<string, Channel>();
  readonly #refusals: { method: string; retryAfter: number }[] = [];
  readonly #bodies = new Map<string, string>();
  #eventsUrl = "";
  #updates: number[] = [];
  #lastId = 1_000;

  constructor(clock: { now(): number }, ackMs: number) {
    this.#clock = clock;
    this.#ackMs = ackMs;
  }

  /** Takes the server that `app.start()` gives, and gives the address where the app listens. */
  sendEventsTo(app: Pick<Server, "address">): string {
    const address = app.address();
    if (address === null || typeof address === "string") throw new Error("The app has no port.");
    this.#eventsUrl = `http://127.0.0.1:${address.port}/slack/events`;
    return this.#eventsUrl;
  }

  /** A person and the direct messages with the app. */
  person(name: string): SlackPerson {
    const number = ++this.#lastId;
    return { id: `U${number}`, name, directChannel: this.#open(`D${number}`, name) };
  }

  /** A channel that the app has been invited to. Gives its id. */
  channel(name: string): string {
    return this.#open(`C${++this.#lastId}`, `#${name}`);
  }

  /** In a channel the app hears only what mentions it; without a channel it is said in direct messages. */
  say(
    person: SlackPerson,
    text: string,
    { channel = person.directChannel, thread }: { channel?: string; thread?: string } = {},
  ): SlackEvent {
    const ts = this.#add(channel, { from: person.name, text, thread });
    const isDirect = channel === person.directChannel;
    const event = {
      type: isDirect ? "message" : "app_mention",
      user: person.id,
      // What a person writes arrives escaped; mentions are what is left in angle brackets.
      text: text.split(this.mention).map(escaped).join(this.mention),
      ts,
      event_ts: ts,
      channel,
      team: teamId,
      ...(isDirect && { channel_type: "im" }),
      ...(thread && { thread_ts: thread }),
    };
    const eventId = `Ev${++this.#lastId}`;
    if (!isDirect && !text.includes(this.mention))
      return { eventId, ts, acknowledged: Promise.resolve({ deliveries: 0 }) };
    this.#bodies.set(eventId, eventBody(eventId, event));
    return { eventId, ts, acknowledged: this.deliver(eventId) };
  }

  /** The next call of the method is refused with `ratelimited` and this Retry-After, in seconds. */
  refuseNext(method: string, retryAfter: number): void {
    this.#refusals.push({ method, retryAfter });
  }

  messages(channel: string): readonly SlackMessage[] {
    return this.#channel(channel).messages;
  }

  /** All channels as their people see them. */
  transcript(): string {
    const channels = [...this.#channels.values()].filter(({ messages }) => messages.length > 0);
    return channels.map(({ name, messages }) => [`— ${name} —`, ...messages.map(line)].join("\n")).join("\n\n");
  }

  async serve(request: IncomingMessage, body: string, response: ServerResponse): Promise<void> {
    const method = (request.url ?? "").replace(/^\/api\//, "");
    const args = Object.fromEntries(new URLSearchParams(body));
    const call: SlackCall = { method, args, at: this.#clock.now() };
    try {
      const { authorization } = request.headers;
      if (!authorization) throw new Refusal("not_authed");
      if (authorization !== `Bearer ${this.token}`) throw new Refusal("invalid_auth");
      this.calls.push(call);
      const scripted = this.#refusals.findIndex((each) => each.method === method);
      if (scripted !== -1) throw new Refusal("ratelimited", this.#refusals.splice(scripted, 1)[0]?.retryAfter);
      send(response, 200, { ok: true, ...this.#act(method, args) });
    } catch (thrown) {
      if (!(thrown instanceof Refusal)) throw thrown;
      call.refused = thrown.error;
      const { error, retryAfter } = thrown;
      send(response, retryAfter ? 429 : 200, { ok: false, error }, retryAfter ? { "retry-after": retryAfter } : {});
    }
  }

  #act(method: string, args: Args): object {
    switch (method) {
      case "auth.test":
        return {
          user: "beseda",
          user_id: botUserId,
          bot_id: "B0BOT",
          team: "Fake",
          team_id: teamId,
          url: "https://fake.slack.com/",
        };
      case "chat.postMessage":
        return this.#post(args);
      case "chat.update":
        return this.#update(args);
      case "chat.delete": {
        const { channel, message } = this.#ownMessage(args, "cant_delete_message");
        channel.messages = channel.messages.filter((each) => each !== message);
        return {};
      }
      case "reactions.add":
      case "reactions.remove":
        this.#message(args, args.timestamp);
        if (!/^\w+$/.test(args.name ?? "")) throw new Refusal("invalid_name");
        return {};
      default:
        throw new Refusal("unknown_method");
    }
  }

  /** One message per second in a channel. */
  #post(args: Args): object {
    const channel = this.#channel(args.channel);
    const text = checkedText(args);
    const thread = args.thread_ts;
    if (thread && !channel.messages.some(({ ts }) => ts === thread)) throw new Refusal("thread_not_found");
    const waitMs = channel.lastPost + 1_000 - this.#clock.now();
    if (waitMs > 0) throw new Refusal("ratelimited", Math.ceil(waitMs / 1_000));
    channel.lastPost = this.#clock.now();
    return { channel: channel.id, ts: this.#add(channel.id, { from: botName, text, thread }) };
  }

  /** Tier 3: fifty in a minute, those of all channels together. */
  #update(args: Args): object {
    const { channel, message } = this.#ownMessage(args, "cant_update_message");
    const text = checkedText(args);
    const now = this.#clock.now();
    this.#updates = this.#updates.filter((at) => now - at < 60_000);
    if (this.#updates.length >= 50) {
      throw new Refusal("ratelimited", Math.ceil(((this.#updates[0] ?? now) + 60_000 - now) / 1_000));
    }
    this.#updates.push(now);
    Object.assign(message, { text, edits: message.edits + 1 });
    return { channel: channel.id, ts: message.ts, text };
  }

  /** At once, and three times more where nobody acknowledges; Slack leaves a minute and five before the last two. */
  async deliver(eventId: string): Promise<{ deliveries: number }> {
    const body = this.#bodies.get(eventId) ?? "";
    let reason = "";
    for (let deliveries = 1; deliveries <= 4; deliveries++) {
      const retry = reason && { "x-slack-retry-num": String(deliveries - 1), "x-slack-retry-reason": reason };
      const headers = { "content-type": "application/json", ...this.#signature(body), ...retry };
      try {
        const signal = AbortSignal.timeout(this.#ackMs);
        const { ok } = await fetch(this.#eventsUrl, { method: "POST", body, headers, signal });
        if (ok) return { deliveries };
        reason = "http_error";
      } catch {
        reason = "http_timeout";
      }
    }
    throw new Error(`Nobody acknowledged the event ${eventId}: ${reason}.`);
  }

  #signature(body: string): Record<string, string> {
    const timestamp = String(Math.floor(Date.now() / 1_000));
    const digest = createHmac("sha256", this.signingSecret).update(`v0:${timestamp}:${body}`).digest("hex");
    return { "x-slack-request-timestamp": timestamp, "x-slack-signature": `v0=${digest}` };
  }

  #open(id: string, name: string): string {
    this.#channels.set(id, { id, name, messages: [], lastPost: -Infinity });
    return id;
  }

  #channel(id: string | undefined): Channel {
    const channel = this.#channels.get(id ?? "");
    if (!channel) throw new Refusal("channel_not_found");
    return channel;
  }

  #add(channel: string, message: Omit<SlackMessage, "ts" | "edits">): string {
    const ts = `${Math.floor(this.#clock.now() / 1_000)}.${String(++this.#lastId).padStart(6, "0")}`;
    this.#channel(channel).messages.push({ ts, edits: 0, ...message });
    return ts;
  }

  #message(args: Args, ts: string | undefined): { channel: Channel; message: SlackMessage } {
    const channel = this.#channel(args.channel);
    const message = channel.messages.find((each) => each.ts === ts);
    if (!message) throw new Refusal("message_not_found");
    return { channel, message };
  }

  #ownMessage(args: Args, refusal: string): { channel: Channel; message: SlackMessage } {
    const found = this.#message(args, args.ts);
    if (found.message.from !== botName) throw new Refusal(refusal);
    return found;
  }
}

class Refusal {
  readonly error: string;
  /** In seconds. */
  readonly retryAfter: number | undefined;

  constructor(error: string, retryAfter?: number) {
    this.error = error;
    this.retryAfter = retryAfter;
  }
}

function eventBody(event_id: string, event: object): string {
  return JSON.stringify({
    type: "event_callback",
    event_id,
    event_time: Math.floor(Date.now() / 1_000),
    team_id: teamId,
    api_app_id: "A0001",
    authorizations: [{ team_id: teamId, user_id: botUserId, is_bot: true, is_enterprise_install: false }],
    event,
  });
}

/** An update with `text` is held to 4,000; a post with more than 40,000 would be cut, which is refused here. */
function checkedText({ text, markdown_text }: Args): string {
  if (text !== undefined && markdown_text !== undefined) throw new Refusal("markdown_text_conflict");
  const shown = markdown_text ?? text ?? "";
  if (shown.trim() === "") throw new Refusal("no_text");
  if (shown.length > (markdown_text === undefined ? 4_000 : 12_000)) throw new Refusal("msg_too_long");
  return shown;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

function line({ from, text, edits, thread }: SlackMessage): string {
  const indent = thread ? "  ↳ " : "";
  return `${indent}${from}: ${text}${edits > 0 ? ` (edited ${edits}×)` : ""}`;
}

function send(response: ServerResponse, status: number, body: unknown, headers: object = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}
