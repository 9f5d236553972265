// The app of examples/07-slack.ts, in Bolt's own hands, on a Slack that refuses what the real one refuses.
import { Agent, type LanguageModel, type Message, textOf } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { inMemory } from "@beseda/memory";
import { afterEach, describe, expect, it, vi } from "vitest";
import { slackBot } from "../examples/07-slack.ts";
import { FakeClock } from "./fakes/fake-clock.ts";
import { heldModel } from "./fakes/held-model.ts";
import { type SlackCall, type SlackServer, startSlackServer } from "./fakes/slack-server.ts";

const open: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

describe("the Slack app", () => {
  it("streams: it posts the first words, and edits them into the answer at the pace that Slack allows", async () => {
    const { model, release } = heldModel("The sea is ", "wide and deep.");
    const { slack, idle } = await start(model);
    const anna = slack.person("Anna");
    await slack.say(anna, "Tell me of the sea.").acknowledged;
    await vi.waitFor(() => expect(texts(slack, anna.directChannel)).toContain("The sea is"));
    release();
    await idle();
    expect(slack.messages(anna.directChannel)).toMatchObject([
      { from: "Anna" },
      { from: "Beseda", text: "The sea is wide and deep.", edits: 1, thread: undefined },
    ]);
    expect(refusals(slack)).toEqual([]);
    expectPace(slack, 1_500);
  });

  it("acknowledges an event before it works on it", async () => {
    const { model, release } = heldModel("Wait", "ed.");
    const { slack, idle } = await start(model);
    const { deliveries } = await slack.say(slack.person("Anna"), "Hello").acknowledged;
    expect(deliveries).toBe(1);
    release();
    await idle();
  });

  it("answers a mention in a channel in its thread, and says nothing to anything else there", async () => {
    const { slack, memory, idle } = await start(yes());
    const boris = slack.person("Boris");
    const channel = slack.channel("dacha");
    await slack.say(boris, "Hello everybody.", { channel }).acknowledged;
    const first = slack.say(boris, `${slack.mention} are you <there> & ready?`, { channel });
    await first.acknowledged;
    await idle();
    await slack.say(boris, `${slack.mention} and now?`, { channel, thread: first.ts }).acknowledged;
    await idle();
    expect(slack.messages(channel).filter(({ from }) => from === "Beseda")).toMatchObject([
      { text: "Yes.", thread: first.ts },
      { text: "Yes.", thread: first.ts },
    ]);
    const thread = await memory.load(`slack:${channel}:${first.ts}`);
    expect(thread.map(textOf)).toEqual(["are you <there> & ready?", "Yes.", "and now?", "Yes."]);
    expect(thread[0]).toMatchObject({ userId: `slack:${boris.id}` });
  });

  it("splits an answer of 30,000 characters into messages that hold all of it, in order", async () => {
    const text = Array.from({ length: 4_286 }, (_, number) => `w${String(number).padStart(5, "0")} `).join("");
    const { slack, idle } = await start(scriptedModel([{ text }]));
    const anna = slack.person("Anna");
    await slack.say(anna, "Everything, please.").acknowledged;
    await idle();
    const answer = texts(slack, anna.directChannel).slice(1);
    expect(answer).toHaveLength(3);
    expect(answer.join(" ")).toBe(text.trim());
    expect(refusals(slack)).toEqual([]);
  });

  it("answers two messages that come at once one after the other, and drops none", async () => {
    const model = scriptedModel(({ messages }) => ({ text: ["Re: ", lastTextOf(messages)] }));
    const { slack, idle } = await start(model);
    const anna = slack.person("Anna");
    for (const text of ["one", "two", "three"]) await slack.say(anna, text).acknowledged;
    await idle();
    expect(texts(slack, anna.directChannel).filter((text) => text.startsWith("Re:"))).toEqual([
      "Re: one",
      "Re: two",
      "Re: three",
    ]);
    expect(model.requests[1]?.messages.map(({ role }) => role)).toEqual(["user", "assistant", "user"]);
    expect(refusals(slack)).toEqual([]);
  });

  it("obeys 429: it waits as long as it is told to, skips frames, and the whole text arrives once", async () => {
    const { model, release } = heldModel("The answer is ", "forty-two.");
    const { slack, idle } = await start(model);
    const anna = slack.person("Anna");
    slack.refuseNext("chat.postMessage", 37);
    await slack.say(anna, "What is it?").acknowledged;
    await vi.waitFor(() => expect(refusals(slack)).toHaveLength(1));
    slack.refuseNext("chat.postMessage", 37);
    release();
    await idle();
    expect(texts(slack, anna.directChannel)).toEqual(["What is it?", "The answer is forty-two."]);
    const writes = writesOf(slack);
    expect(writes.map(({ refused }) => refused)).toEqual(["ratelimited", "ratelimited", undefined]);
    expectPace(slack, 37_000);
  });

  it("answers an event that is delivered twice once", async () => {
    const model = scriptedModel([{ text: "Once." }]);
    const { slack, idle } = await start(model);
    const anna = slack.person("Anna");
    const event = slack.say(anna, "Hello");
    await Promise.all([event.acknowledged, slack.deliver(event.eventId)]);
    await idle();
    await slack.deliver(event.eventId);
    await idle();
    expect(texts(slack, anna.directChannel)).toEqual(["Hello", "Once."]);
    model.done();
  });

  it("keeps what was written when the model fails, tells the log why, and answers the next message", async () => {
    const complaints = vi.spyOn(console, "error").mockImplementation(() => {});
    const { slack, idle } = await start(
      scriptedModel([{ text: "The capital is", error: new Error("the model is gone") }, { text: "Paris." }]),
    );
    const anna = slack.person("Anna");
    await slack.say(anna, "What is the capital of France?").acknowledged;
    await slack.say(anna, "Once more, please.").acknowledged;
    await idle();
    const answers = texts(slack, anna.directChannel).filter((text) => /capital is|Paris/.test(text));
    expect(answers).toEqual(["The capital is\n\n⚠️ Something went wrong. Please try again.", "Paris."]);
    expect(complaints.mock.calls.flat()).toEqual([`Channel ${anna.directChannel}: the model is gone`]);
    complaints.mockRestore();
  });

  it("stops at the word stop, keeps what was written, and forgets the conversation at the word reset", async () => {
    const { slack, memory, idle } = await start(scriptedModel([{ text: "Once upon a time", hangs: true }]));
    const anna = slack.person("Anna");
    await slack.say(anna, "A story!").acknowledged;
    await vi.waitFor(() => expect(texts(slack, anna.directChannel)).toContain("Once upon a time"));
    await slack.say(anna, "Stop").acknowledged;
    await idle();
    expect(texts(slack, anna.directChannel)).toContain("Once upon a time\n\n⏹ Stopped.");
    expect(await memory.threads()).toHaveLength(1);
    await slack.say(anna, "Reset").acknowledged;
    await idle();
    expect(await memory.threads()).toEqual([]);
    expect(texts(slack, anna.directChannel).at(-1)).toContain("Forgotten");
  });

  it("unfurls no links and rings nobody's bell, whatever the model writes", async () => {
    const { slack, idle } = await start(scriptedModel([{ text: "<!channel> see https://example.com/?secret=1" }]));
    const anna = slack.person("Anna");
    await slack.say(anna, "Go").acknowledged;
    await idle();
    expect(texts(slack, anna.directChannel).at(-1)).toBe("‹!channel> see https://example.com/?secret=1");
    for (const { method, args } of writesOf(slack)) {
      if (method === "chat.postMessage") expect(args).toMatchObject({ unfurl_links: "false", unfurl_media: "false" });
    }
  });

  it("refuses events that Slack did not sign", async () => {
    const { slack, appUrl } = await start(yes());
    const forged = { type: "event_callback", event_id: "Ev1", event: { type: "message", channel_type: "im" } };
    const headers = {
      "x-slack-request-timestamp": String(Math.floor(Date.now() / 1_000)),
      "x-slack-signature": "v0=00",
    };
    const { status } = await fetch(appUrl, { method: "POST", body: JSON.stringify(forged), headers });
    expect(status).toBe(401);
    expect(writesOf(slack)).toEqual([]);
  });
});

async function start(model: LanguageModel) {
  const clock = new FakeClock();
  const slack = await startSlackServer({ clock });
  const memory = inMemory();
  const { apiUrl, token, signingSecret } = slack;
  const stage = { apiUrl, wait: clock.wait };
  const { app, idle } = slackBot({ token, signingSecret }, new Agent({ model, memory }), memory, stage);
  const appUrl = slack.sendEventsTo(await app.start({ port: 0, host: "127.0.0.1" }));
  open.push(async () => {
    await app.stop();
    await slack.close();
  });
  return { slack, memory, idle, appUrl };
}

function yes() {
  return scriptedModel(() => ({ text: "Yes." }));
}

function lastTextOf(messages: readonly Message[]): string {
  const last = messages.at(-1);
  return last ? textOf(last) : "";
}

function texts(slack: SlackServer, channel: string): string[] {
  return slack.messages(channel).map(({ text }) => text);
}

function writesOf({ calls }: SlackServer): SlackCall[] {
  return calls.filter(({ method }) => method === "chat.postMessage" || method === "chat.update");
}

function refusals({ calls }: SlackServer): (string | undefined)[] {
  return calls.flatMap(({ refused }) => refused ?? []);
}

function expectPace(slack: SlackServer, paceMs: number): void {
  const writes = writesOf(slack);
  for (const [index, { at }] of writes.slice(1).entries()) {
    expect(at - (writes[index]?.at ?? 0)).toBeGreaterThanOrEqual(paceMs);
  }
}
