// The bot of examples/06-telegram.ts, in grammY's own hands, on a Telegram that refuses what the real one refuses.
import { Agent, type LanguageModel, type Message, textOf } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { inMemory } from "@beseda/memory";
import { afterEach, describe, expect, it, vi } from "vitest";
import { telegramBot } from "../examples/06-telegram.ts";
import { FakeClock } from "./fakes/fake-clock.ts";
import { heldModel } from "./fakes/held-model.ts";
import { type Call, type Person, startTelegramServer, type TelegramServer } from "./fakes/telegram-server.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe("the Telegram bot", () => {
  it("streams: it posts the first words, and edits them into the answer at the pace that Telegram allows", async () => {
    const sea = "The sea is wide and deep. ".repeat(10).trim();
    const { telegram, answered } = await start(scriptedModel([{ text: wordsOf(sea) }]));
    const anna = telegram.person("Anna");
    telegram.say(anna, "Tell me of the sea.");
    await answered();
    const [, answer] = telegram.chat(anna.id);
    expect(answer).toMatchObject({ from: "Beseda", text: sea });
    expect(answer?.edits).toBeGreaterThan(0);
    expect(refusals(telegram)).toEqual([]);
    expect(telegram.calls.some(({ method }) => method === "sendChatAction")).toBe(true);
    expectPace(telegram, 1_100);
  });

  it("splits an answer of 10,000 characters into messages that hold all of it, in order", async () => {
    const text = Array.from({ length: 1_429 }, (_, number) => `w${String(number).padStart(5, "0")} `).join("");
    const { telegram, answered } = await start(scriptedModel([{ text: text.match(/.{1,97}/gs) ?? [] }]));
    const anna = telegram.person("Anna");
    telegram.say(anna, "Everything, please.");
    await answered();
    const answer = telegram.chat(anna.id).slice(1);
    expect(answer.length).toBe(3);
    expect(answer.map((message) => message.text).join(" ")).toBe(text.trim());
    expect(refusals(telegram)).toEqual([]);
  });

  it("answers two messages that come at once one after the other, and drops none", async () => {
    const model = scriptedModel(({ messages }) => ({ text: ["Re: ", lastTextOf(messages)] }));
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    for (const text of ["one", "two", "three"]) telegram.say(anna, text);
    await answered();
    expect(texts(telegram, anna)).toEqual(["one", "two", "three", "Re: one", "Re: two", "Re: three"]);
    // The second request knows the first answer: they did not run side by side.
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(refusals(telegram)).toEqual([]);
  });

  it("keeps people apart, and a group to itself: who speaks, whose memory it is, which thread", async () => {
    const { telegram, memory, answered } = await start(yes());
    const anna = telegram.person("Anna");
    const boris = telegram.person("Boris");
    const group = telegram.group("Dacha");
    telegram.say(anna, "I am Anna.");
    telegram.say(boris, "I am Boris.");
    const question = telegram.say(anna, "@beseda_bot are you there?", { chatId: group.id });
    await answered();
    const threads = (await memory.threads()).map(({ threadId }) => threadId).sort();
    expect(threads).toEqual([anna, boris, group].map(({ id }) => `telegram:${id}`).sort());
    const [said] = await memory.load(`telegram:${group.id}`);
    expect(said).toMatchObject({ role: "user", content: "are you there?", userId: `telegram:${anna.id}` });
    expect(telegram.chat(group.id).at(-1)).toMatchObject({ text: "Yes.", replyTo: question.message.message_id });
  });

  it("says nothing in a group unless it is mentioned or answered, and edits there at most every 3.1 seconds", async () => {
    const { telegram, answered } = await start(scriptedModel(() => ({ text: wordsOf("word ".repeat(200)) })));
    const boris = telegram.person("Boris");
    const group = telegram.group("Dacha");
    telegram.say(boris, "Hello everybody, a@beseda_bot.example is my address.", { chatId: group.id });
    telegram.say(boris, "@beseda_bot_of_others speak", { chatId: group.id });
    await answered();
    expect(telegram.chat(group.id)).toHaveLength(2);
    telegram.say(boris, "@Beseda_Bot speak", { chatId: group.id });
    await answered();
    const [, , , answer] = telegram.chat(group.id);
    telegram.say(boris, "go on", { chatId: group.id, replyTo: answer?.id ?? 0 });
    await answered();
    expect(telegram.chat(group.id).filter(({ from }) => from === "Beseda")).toHaveLength(2);
    expect(refusals(telegram)).toEqual([]);
    expectPace(telegram, 3_100);
  });

  it("obeys 429: it waits as long as it is told to, skips frames, and the whole text arrives once", async () => {
    const { model, release } = heldModel("The answer is ", "forty-two.");
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    const refusal = { error_code: 429, description: "Too Many Requests", parameters: { retry_after: 37 } };
    telegram.refuseNext("sendMessage", refusal);
    telegram.say(anna, "What is it?");
    await vi.waitFor(() => expect(refusals(telegram)).toHaveLength(1));
    // Nothing has been shown yet: the first message of the chat is the whole text, and it is refused as well.
    telegram.refuseNext("sendMessage", refusal);
    release();
    await answered();
    expect(texts(telegram, anna)).toEqual(["What is it?", "The answer is forty-two."]);
    const writes = writesOf(telegram);
    expect(writes.map(({ refused }) => refused !== undefined)).toEqual([true, true, false]);
    for (const [index, { refused, at }] of writes.entries()) {
      if (refused) expect((writes[index + 1]?.at ?? 0) - at).toBeGreaterThanOrEqual(37_000);
    }
  });

  it("obeys 429 for edits too", async () => {
    const { model, release } = heldModel("The answer is ", "forty-two.");
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    telegram.say(anna, "What is it?");
    await vi.waitFor(() => expect(texts(telegram, anna)).toHaveLength(2));
    const refusal = { error_code: 429, description: "Too Many Requests", parameters: { retry_after: 5 } };
    for (let times = 0; times < 5; times++) telegram.refuseNext("editMessageText", refusal);
    release();
    await answered();
    expect(texts(telegram, anna)).toEqual(["What is it?", "The answer is forty-two."]);
    expect(refusals(telegram)).toHaveLength(5);
    expectPace(telegram, 1_100);
  });

  it("answers an update that is delivered twice once", async () => {
    const model = scriptedModel([{ text: "Once." }]);
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    const update = telegram.say(anna, "Hello");
    telegram.deliverAgain(update);
    await answered();
    telegram.deliverAgain(update);
    await answered();
    expect(texts(telegram, anna)).toEqual(["Hello", "Once."]);
    model.done();
  });

  it("keeps what was written when the model fails, tells the log why, and answers the next message", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
    const model = scriptedModel([
      { text: "The capital of France is", error: new Error("the model is gone") },
      { text: "Paris." },
    ]);
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    telegram.say(anna, "What is the capital of France?");
    telegram.say(anna, "Once more, please.");
    await answered();
    const [, , broken, whole] = texts(telegram, anna);
    expect(broken).toBe("The capital of France is\n\n⚠️ Something went wrong. Please try again.");
    expect(whole).toBe("Paris.");
    expect(complaints.mock.calls.flat()).toEqual([`Chat ${anna.id}: the model is gone`]);
    complaints.mockRestore();
  });

  it("stops at /stop, keeps what was written, and goes on with what waits", async () => {
    const { telegram, answered } = await start(
      scriptedModel([{ text: "Once upon a time", hangs: true }, { text: "Here." }]),
    );
    const anna = telegram.person("Anna");
    telegram.say(anna, "A story!");
    telegram.say(anna, "Are you there?");
    await vi.waitFor(() => expect(texts(telegram, anna)).toContain("Once upon a time"));
    telegram.say(anna, "/stop");
    await answered();
    expect(texts(telegram, anna).slice(2)).toEqual(["Once upon a time\n\n⏹ Stopped.", "/stop", "Here."]);
  });

  it("greets at /start, and forgets the conversation at /reset", async () => {
    const model = yes();
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    for (const text of ["/start", "My name is Anna.", "/reset", "Who am I?"]) telegram.say(anna, text);
    await answered();
    expect(texts(telegram, anna).slice(4)).toEqual([
      expect.stringContaining("Hello!"),
      "Yes.",
      expect.stringContaining("Forgotten"),
      "Yes.",
    ]);
    expect(model.requests.at(-1)?.messages).toHaveLength(1);
    expect(refusals(telegram)).toEqual([]);
  });

  it("asks for no link previews, whatever it writes", async () => {
    const { telegram, answered } = await start(
      scriptedModel(() => ({ text: ["See ", "https://example.com/?secret=1"] })),
    );
    const anna = telegram.person("Anna");
    telegram.say(anna, "/start");
    telegram.say(anna, "Where?");
    await answered();
    const writes = writesOf(telegram);
    expect(writes.length).toBeGreaterThan(2);
    for (const { payload } of writes) expect(payload.link_preview_options).toEqual({ is_disabled: true });
  });

  it("delivers the answer anew where somebody took the message away, and shows nothing twice", async () => {
    const { model, release } = heldModel("Half", " of it.");
    const { telegram, answered } = await start(model);
    const anna = telegram.person("Anna");
    telegram.say(anna, "Go!");
    await vi.waitFor(() => expect(telegram.chat(anna.id)).toHaveLength(2));
    telegram.delete(anna.id, telegram.chat(anna.id)[1]?.id ?? 0);
    release();
    await answered();
    expect(texts(telegram, anna)).toEqual(["Go!", "Half of it."]);
  });

  it("reports an answer that cannot be delivered, and lives on", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
    const { telegram, answered } = await start(yes());
    const anna = telegram.person("Anna");
    const blocked = { error_code: 403, description: "Forbidden: bot was blocked by the user" };
    telegram.refuseNext("sendMessage", blocked);
    telegram.refuseNext("sendMessage", blocked);
    telegram.say(anna, "Hi");
    await answered();
    telegram.say(anna, "Hi again");
    await answered();
    expect(complaints.mock.calls.flat()).toEqual([expect.stringContaining("bot was blocked by the user")]);
    expect(complaints.mock.calls.flat().join()).not.toContain(telegram.token);
    expect(texts(telegram, anna)).toEqual(["Hi", "Hi again", "Yes."]);
    complaints.mockRestore();
  });
});

async function start(model: LanguageModel) {
  const clock = new FakeClock();
  const telegram = await startTelegramServer(clock);
  const memory = inMemory();
  const { apiRoot, token } = telegram;
  const { bot, idle } = telegramBot(token, new Agent({ model, memory }), memory, { apiRoot, wait: clock.wait });
  const polling = bot.start();
  open.push(async () => {
    await bot.stop();
    await polling;
    await telegram.close();
  });
  const answered = async () => {
    await telegram.allFetched();
    await idle();
  };
  return { telegram, memory, answered };
}

function yes() {
  return scriptedModel(() => ({ text: "Yes." }));
}

function wordsOf(text: string): string[] {
  return text.split(/(?<= )/);
}

function lastTextOf(messages: readonly Message[]): string {
  const last = messages.at(-1);
  return last ? textOf(last) : "";
}

function texts(telegram: TelegramServer, person: Person): string[] {
  return telegram.chat(person.id).map(({ text }) => text);
}

function writesOf({ calls }: TelegramServer): Call[] {
  return calls.filter(({ method }) => method === "sendMessage" || method === "editMessageText");
}

function refusals({ calls }: TelegramServer): (string | undefined)[] {
  return calls.flatMap(({ refused }) => refused ?? []);
}

function expectPace(telegram: TelegramServer, paceMs: number): void {
  const writes = writesOf(telegram);
  for (const [index, { at }] of writes.slice(1).entries()) {
    expect(at - (writes[index]?.at ?? 0)).toBeGreaterThanOrEqual(paceMs);
  }
}
