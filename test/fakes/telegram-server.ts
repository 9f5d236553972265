// A small Telegram: the Bot API methods that a chatting bot needs, refusing what the real one refuses, and a ledger of calls.
import type { IncomingMessage, ServerResponse } from "node:http";
import { startHttpServer } from "./http-server.ts";

export type Person = { id: number; first_name: string };
export type Chat = { id: number; type: "private" | "group"; name: string };

/** A message as the people in the chat see it. */
export type SeenMessage = { id: number; from: string; text: string; edits: number; replyTo: number | undefined };

/** `at` is the time of the clock, in milliseconds; `refused` is the description that was answered. */
export type Call = { method: string; payload: Payload; at: number; refused?: string };

type Payload = { [name: string]: unknown };
export type Refusal = { error_code: number; description: string; parameters?: { retry_after: number } };
export type Update = { update_id: number; message: Payload };
type Room = Chat & { messages: (SeenMessage & { fromBot: boolean })[]; writes: number[] };

const botId = 700_001;

export async function startTelegramServer(clock: { now(): number } = Date): Promise<TelegramServer> {
  const platform = new Platform(clock);
  const { url, close } = await startHttpServer((request, body, response) => platform.serve(request, body, response));
  return Object.assign(platform, { apiRoot: url, close });
}

export type TelegramServer = Platform & { apiRoot: string; close(): Promise<void> };

class Platform {
  readonly token = `${botId}:fake-token-of-the-bot`;
  readonly calls: Call[] = [];
  readonly #clock: { now(): number };
  readonly #rooms = new Map<number, Room>();
  readonly #refusals: { method: string; refusal: Refusal }[] = [];
  #updates: { update: Update; isCopy: boolean }[] = [];
  #poll: { response: ServerResponse; offset: number; limit: number } | undefined;
  #fetched: (() => void)[] = [];
  #lastId = 1_000;

  constructor(clock: { now(): number }) {
    this.#clock = clock;
  }

  /** A person who has started a private chat with the bot. Its chat has the id of the person. */
  person(first_name: string): Person {
    const person = { id: ++this.#lastId, first_name };
    this.#open({ id: person.id, type: "private", name: first_name });
    return person;
  }

  group(name: string): Chat {
    return this.#open({ id: -++this.#lastId, type: "group", name });
  }

  /** Without a chat it is said in the person's private one. */
  say(
    person: Person,
    text: string,
    { chatId = person.id, replyTo }: { chatId?: number; replyTo?: number } = {},
  ): Update {
    const room = this.#room(chatId);
    const message = { id: ++this.#lastId, from: person.first_name, text, edits: 0, replyTo, fromBot: false };
    const repliedTo = room.messages.find(({ id }) => id === replyTo);
    room.messages.push(message);
    const update = {
      update_id: ++this.#lastId,
      message: {
        ...this.#wireMessage(room, message),
        from: { ...person, is_bot: false },
        ...(repliedTo && { reply_to_message: this.#wireMessage(room, repliedTo) }),
      },
    };
    this.#queue({ update, isCopy: false });
    return update;
  }

  /** The same update once more, as after a confirmation that was lost. */
  deliverAgain(update: Update): void {
    this.#queue({ update, isCopy: true });
  }

  /** The next call of the method is answered so. */
  refuseNext(method: string, refusal: Refusal): void {
    this.#refusals.push({ method, refusal });
  }

  /** Resolves when the bot has taken every update and asked for more. */
  async allFetched(): Promise<void> {
    while (this.#updates.length > 0 || !this.#poll) await new Promise<void>((resolve) => this.#fetched.push(resolve));
  }

  chat(chatId: number): readonly SeenMessage[] {
    return this.#room(chatId).messages.map(({ fromBot: _, ...seen }) => seen);
  }

  /** All chats as their people see them. */
  transcript(): string {
    const rooms = [...this.#rooms.values()].filter(({ messages }) => messages.length > 0);
    return rooms.map(({ name, messages }) => [`— ${name} —`, ...messages.map(line)].join("\n")).join("\n\n");
  }

  /** Somebody takes a message out of the chat. */
  delete(chatId: number, messageId: number): void {
    const room = this.#room(chatId);
    room.messages = room.messages.filter(({ id }) => id !== messageId);
  }

  serve(request: IncomingMessage, body: string, response: ServerResponse): void {
    const [, token, method = ""] = /^\/bot([^/]+)\/(\w+)$/.exec(request.url ?? "") ?? [];
    const payload: Payload = body === "" ? {} : JSON.parse(body);
    const call: Call = { method, payload, at: this.#clock.now() };
    try {
      if (!token || !/^\d+:\S+$/.test(token)) throw refusal(404, "Not Found");
      if (token !== this.token) throw refusal(401, "Unauthorized");
      this.calls.push(call);
      const scripted = this.#refusals.findIndex((each) => each.method === method);
      if (scripted !== -1) throw this.#refusals.splice(scripted, 1)[0]?.refusal;
      if (method === "getUpdates") this.#getUpdates(payload, response);
      else send(response, 200, { ok: true, result: this.#act(method, payload) });
    } catch (thrown) {
      if (!isRefusal(thrown)) throw thrown;
      call.refused = thrown.description;
      send(response, thrown.error_code, { ok: false, ...thrown });
    }
  }

  #act(method: string, payload: Payload): unknown {
    switch (method) {
      case "getMe":
        return { ...bot, can_join_groups: true, can_read_all_group_messages: true, supports_inline_queries: false };
      case "deleteWebhook":
        return true;
      case "sendChatAction":
        this.#target(payload);
        if (payload.action !== "typing") throw refusal(400, "Bad Request: wrong parameter action in request");
        return true;
      case "sendMessage":
        return this.#sendMessage(this.#target(payload), payload);
      case "editMessageText":
        return this.#editMessageText(this.#target(payload), payload);
      case "deleteMessage": {
        const room = this.#target(payload);
        const message = room.messages.find(({ id }) => id === payload.message_id);
        if (!message) throw refusal(400, "Bad Request: message to delete not found");
        if (!message.fromBot) throw refusal(400, "Bad Request: message can't be deleted");
        this.delete(room.id, message.id);
        return true;
      }
      default:
        throw refusal(404, "Not Found: method not found");
    }
  }

  #sendMessage(room: Room, payload: Payload): Payload {
    const text = checkedText(payload.text);
    const reply = payload.reply_parameters as { message_id: number; allow_sending_without_reply?: boolean } | undefined;
    const repliedTo = room.messages.find(({ id }) => id === reply?.message_id);
    if (reply && !repliedTo && !reply.allow_sending_without_reply) {
      throw refusal(400, "Bad Request: message to be replied not found");
    }
    this.#countWrite(room);
    const message = { id: ++this.#lastId, from: bot.first_name, text, edits: 0, replyTo: repliedTo?.id, fromBot: true };
    room.messages.push(message);
    return this.#wireMessage(room, message);
  }

  #editMessageText(room: Room, payload: Payload): Payload {
    const text = checkedText(payload.text);
    const message = room.messages.find(({ id }) => id === payload.message_id);
    if (!message) throw refusal(400, "Bad Request: message to edit not found");
    if (!message.fromBot) throw refusal(400, "Bad Request: message can't be edited");
    if (message.text === text) {
      throw refusal(
        400,
        "Bad Request: message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message",
      );
    }
    this.#countWrite(room);
    Object.assign(message, { text, edits: message.edits + 1 });
    return this.#wireMessage(room, message);
  }

  /** The working figures: one write per second in a chat, and 20 per minute in a group. Edits count. */
  #countWrite(room: Room): void {
    const now = this.#clock.now();
    room.writes = room.writes.filter((at) => now - at < 60_000);
    const waits = [(room.writes.at(-1) ?? -Infinity) + 1_000 - now];
    if (room.type === "group" && room.writes.length >= 20) waits.push((room.writes.at(-20) ?? 0) + 60_000 - now);
    const retry_after = Math.ceil(Math.max(...waits) / 1_000);
    if (retry_after > 0) {
      throw { ...refusal(429, `Too Many Requests: retry after ${retry_after}`), parameters: { retry_after } };
    }
    room.writes.push(now);
  }

  #getUpdates({ offset, limit, timeout }: Payload, response: ServerResponse): void {
    // Only one may poll: the one that waits is told so, and the newer one goes on.
    const conflict =
      "Conflict: terminated by other getUpdates request; make sure that only one bot instance is running";
    if (this.#poll) send(this.#poll.response, 409, { ok: false, ...refusal(409, conflict) });
    const poll = { response, offset: Number(offset ?? 0), limit: Number(limit ?? 100) };
    this.#poll = poll;
    response.on("close", () => {
      if (this.#poll === poll) this.#poll = undefined;
    });
    this.#answerPoll();
    if (!timeout && this.#poll === poll) send(response, 200, { ok: true, result: [] });
  }

  #queue(entry: { update: Update; isCopy: boolean }): void {
    this.#updates.push(entry);
    this.#answerPoll();
  }

  /** An update is kept until a later offset confirms it. A poll that may wait does so until there is one. */
  #answerPoll(): void {
    if (!this.#poll) return;
    const { response, offset, limit } = this.#poll;
    this.#updates = this.#updates.filter(({ update, isCopy }) => isCopy || update.update_id >= offset);
    if (this.#updates.length > 0) {
      const result = this.#updates.slice(0, limit).map(({ update }) => update);
      this.#updates = this.#updates.filter(({ isCopy }) => !isCopy);
      this.#poll = undefined;
      send(response, 200, { ok: true, result });
    }
    for (const resolve of this.#fetched.splice(0)) resolve();
  }

  #open(chat: Chat): Room {
    const room = { ...chat, messages: [], writes: [] };
    this.#rooms.set(chat.id, room);
    return room;
  }

  #room(chatId: unknown): Room {
    const room = this.#rooms.get(Number(chatId));
    if (!room) throw refusal(400, "Bad Request: chat not found");
    return room;
  }

  #target(payload: Payload): Room {
    return this.#room(payload.chat_id);
  }

  #wireMessage(room: Room, { id, text, fromBot }: SeenMessage & { fromBot: boolean }): Payload {
    const { type, name } = room;
    return {
      message_id: id,
      date: Math.floor(this.#clock.now() / 1_000),
      chat: { id: room.id, type, ...(type === "private" ? { first_name: name } : { title: name }) },
      text,
      entities: entitiesIn(text),
      ...(fromBot && { from: bot }),
    };
  }
}

const bot = { id: botId, is_bot: true, first_name: "Beseda", username: "beseda_bot" };

function checkedText(text: unknown): string {
  const shown = typeof text === "string" ? text.trim() : "";
  if (shown === "") throw refusal(400, "Bad Request: message text is empty");
  if (/\p{Surrogate}/u.test(shown)) throw refusal(400, "Bad Request: strings must be encoded in UTF-8");
  if (shown.length > 4_096) throw refusal(400, "Bad Request: message is too long");
  return shown;
}

function entitiesIn(text: string): Payload[] {
  return [...text.matchAll(/(?<=^|\s)(\/\w+(@\w+)?|@\w+)/g)].map(({ 0: found, index: offset }) => ({
    type: found.startsWith("/") ? "bot_command" : "mention",
    offset,
    length: found.length,
  }));
}

function line({ from, text, edits, replyTo }: SeenMessage): string {
  return `${replyTo ? "  ↳ " : ""}${from}: ${text}${edits > 0 ? ` (edited ${edits}×)` : ""}`;
}

function refusal(error_code: number, description: string): Refusal {
  return { error_code, description };
}

function isRefusal(thrown: unknown): thrown is Refusal {
  return typeof thrown === "object" && thrown !== null && "error_code" in thrown;
}

function send(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}
