// The fake Telegram refuses what the real one refuses: otherwise what passes on it proves nothing.
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { FakeClock } from "./fake-clock.ts";
import { type Person, startTelegramServer, type TelegramServer } from "./telegram-server.ts";

let clock: FakeClock;
let telegram: TelegramServer;
let anna: Person;

beforeEach(async () => {
  clock = new FakeClock();
  telegram = await startTelegramServer(clock);
  anna = telegram.person("Anna");
});

afterEach(() => telegram.close());

describe("the fake Telegram", () => {
  it("knows its bot by the token", async () => {
    expect(await call("getMe")).toMatchObject({ ok: true, result: { is_bot: true } });
    expect(await call("getMe", {}, "123:wrong")).toEqual({ ok: false, error_code: 401, description: "Unauthorized" });
    expect(await call("getMe", {}, "nonsense")).toMatchObject({ error_code: 404 });
    expect(await call("getMoney")).toMatchObject({ error_code: 404 });
  });

  it("refuses texts that are empty, too long or no Unicode, and chats that it does not know", async () => {
    expect(await send(" \n")).toMatchObject({ description: "Bad Request: message text is empty" });
    expect(await send("a".repeat(4_097))).toMatchObject({ description: "Bad Request: message is too long" });
    expect(await send("half \uD83D")).toMatchObject({ description: "Bad Request: strings must be encoded in UTF-8" });
    expect(await call("sendMessage", { chat_id: 1, text: "a" })).toMatchObject({
      description: "Bad Request: chat not found",
    });
    expect(await send("😀".repeat(2_048))).toMatchObject({ ok: true });
  });

  it("lets the bot edit and delete its own messages only, and edit them only into something else", async () => {
    const own = Number((await send("Hello")).result.message_id);
    const foreign = telegram.say(anna, "Hi").message.message_id;
    clock.wait(1_000);
    expect(await edit(own, "Hello ")).toMatchObject({
      description: expect.stringContaining("message is not modified"),
    });
    expect(await edit(foreign, "Bye")).toMatchObject({ description: "Bad Request: message can't be edited" });
    expect(await edit(1, "Bye")).toMatchObject({ description: "Bad Request: message to edit not found" });
    expect(await edit(own, "Bye")).toMatchObject({ ok: true, result: { text: "Bye" } });
    expect(await call("deleteMessage", { chat_id: anna.id, message_id: foreign })).toMatchObject({ ok: false });
    expect(await call("deleteMessage", { chat_id: anna.id, message_id: own })).toEqual({ ok: true, result: true });
    expect(telegram.chat(anna.id).map(({ text }) => text)).toEqual(["Hi"]);
  });

  it("allows one write per second in a chat, and twenty per minute in a group", async () => {
    await send("1");
    expect(await send("2")).toMatchObject({ error_code: 429, parameters: { retry_after: 1 } });
    clock.wait(1_000);
    expect(await send("2")).toMatchObject({ ok: true });
    const group = telegram.group("Dacha");
    for (let count = 0; count < 20; count++) {
      expect(await call("sendMessage", { chat_id: group.id, text: `${count}` })).toMatchObject({ ok: true });
      clock.wait(1_000);
    }
    const refused = await call("sendMessage", { chat_id: group.id, text: "one more" });
    expect(refused).toMatchObject({ error_code: 429, parameters: { retry_after: 40 } });
  });

  it("gives an update again until a later offset confirms it", async () => {
    const first = telegram.say(anna, "one");
    const second = telegram.say(anna, "two");
    expect(await updateIds({})).toEqual([first.update_id, second.update_id]);
    expect(await updateIds({ limit: 1 })).toEqual([first.update_id]);
    expect(await updateIds({ offset: second.update_id })).toEqual([second.update_id]);
    expect(await updateIds({ offset: second.update_id + 1 })).toEqual([]);
  });

  it("ends the poll of a second program that uses the token", async () => {
    const older = call("getUpdates", { timeout: 30 });
    await expect.poll(() => telegram.calls.length).toBe(1);
    const newer = call("getUpdates", { timeout: 30 });
    expect(await older).toMatchObject({ error_code: 409 });
    telegram.say(anna, "Hi");
    expect(await newer).toMatchObject({ ok: true, result: [{ message: { text: "Hi" } }] });
  });
});

async function call(method: string, payload: object = {}, token = telegram.token) {
  const response = await fetch(`${telegram.apiRoot}/bot${token}/${method}`, {
    method: "POST",
    body: JSON.stringify(payload),
  });
  return JSON.parse(await response.text());
}

function send(text: string) {
  return call("sendMessage", { chat_id: anna.id, text });
}

function edit(message_id: unknown, text: string) {
  return call("editMessageText", { chat_id: anna.id, message_id, text });
}

async function updateIds(payload: object): Promise<number[]> {
  const { result } = await call("getUpdates", payload);
  return result.map(({ update_id }: { update_id: number }) => update_id);
}
