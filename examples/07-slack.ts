// A Slack app: plain Bolt around an agent. Without SLACK_BOT_TOKEN it plays a conversation on a fake Slack.
import { type ChatSurface, LiveAnswer, RecentIds, showRun, ThreadQueue } from "@beseda/channels/delivery";
import { Agent, type Memory } from "@beseda/core";
import { fileMemory, inMemory } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { calculator, clock } from "@beseda/tools";
import { App, type AppOptions, LogLevel, webApi } from "@slack/bolt";

/** `thread` is set in channels, where every answer is in a thread, and in the threads of direct messages. */
type Said = { text: string; user: string; channel: string; ts: string; thread: string | undefined; isDirect: boolean };
/** For tests: another server, and waiting that takes no time. */
type Stage = { apiUrl?: string; wait?: (ms: number) => Promise<unknown> };

/** `memory` is the agent's own: "reset" forgets a thread of it. `idle()` resolves when everything is answered. */
export function slackBot(credentials: AppOptions, agent: Agent, memory: Memory, { apiUrl, wait }: Stage = {}) {
  const app = new App({
    ...credentials,
    logLevel: LogLevel.ERROR,
    clientOptions: {
      timeout: 30_000,
      // The library would try for half an hour, and might post twice. The delivery obeys Retry-After itself.
      retryConfig: { retries: 0 },
      rejectRateLimitedCalls: true,
      ...(apiUrl && { slackApiUrl: apiUrl }),
    },
  });
  const events = new RecentIds();
  const queue = new ThreadQueue();

  app.message(async ({ message, body, context: { botUserId } }) => {
    if (message.subtype !== undefined || message.channel_type !== "im") return;
    const { text, user, channel, ts, thread_ts: thread } = message;
    hear(body.event_id, { text: plain(text, botUserId), user, channel, ts, thread, isDirect: true });
  });
  app.event("app_mention", async ({ event, body, context: { botUserId } }) => {
    const { text, user, channel, ts, thread_ts: thread = ts } = event;
    if (user) hear(body.event_id, { text: plain(text, botUserId), user, channel, ts, thread, isDirect: false });
  });

  // Bolt has acknowledged the event, which Slack wants within 3 seconds; where that came late, it sends it again. One
  // answer at a time in a conversation. Nobody waits here for it, so that "stop" is read in the meantime.
  function hear(eventId: string, said: Said): void {
    if (said.text === "" || !events.claim(eventId)) return;
    const threadId = threadOf(said);
    // Phones begin every message with a capital letter.
    const command = said.text.toLowerCase();
    if (command === "stop") queue.stop(threadId);
    else
      queue
        .run(threadId, (signal) => (command === "reset" ? reset(said) : answer(said, signal)))
        .catch((error: Error) => console.error(`Channel ${said.channel}: ${error.message}`));
  }

  async function answer(said: Said, signal: AbortSignal): Promise<void> {
    const userId = `slack:${said.user}`;
    const ownerId = said.isDirect ? userId : `slack:${said.channel}`;
    const eyes = { channel: said.channel, timestamp: said.ts, name: "eyes" };
    app.client.reactions.add(eyes).catch(() => {});
    try {
      const run = agent.stream(said.text, { threadId: threadOf(said), userId, ownerId, signal });
      await showRun(run, surfaceOf(said));
      // Why it failed is for the log.
      await run.result;
    } finally {
      app.client.reactions.remove(eyes).catch(() => {});
    }
  }

  async function reset(said: Said): Promise<void> {
    await memory.delete(threadOf(said));
    await new LiveAnswer(surfaceOf(said)).finish("Forgotten. What shall we talk about?");
  }

  // Markdown, which models write and Slack shows, may have 12,000 characters; text in Slack's own markup only 4,000 when
  // it is edited. Posts and edits work in every workspace, and a text can be rewritten; a native stream only grows.
  function surfaceOf({ channel, thread }: Said): ChatSurface<string> {
    // No link previews: to fetch one can carry a secret outside.
    const style = { unfurl_links: false, unfurl_media: false, ...(thread && { thread_ts: thread }) };
    const { chat } = app.client;
    return {
      limit: 12_000,
      // One post a second in a channel, 50 edits a minute.
      paceMs: 1_500,
      async post(text) {
        const { ts = "" } = await chat.postMessage({ channel, markdown_text: harmless(text), ...style });
        return ts;
      },
      edit: (ts, text) => chat.update({ channel, ts, markdown_text: harmless(text) }),
      remove: (ts) => chat.delete({ channel, ts }),
      retryAfterMs: (error) => (error instanceof webApi.WebAPIRateLimitedError ? error.retryAfter * 1_000 : undefined),
      wait,
    };
  }

  return { app, idle: () => queue.idle() };
}

function threadOf({ channel, thread }: Said): string {
  return `slack:${channel}${thread ? `:${thread}` : ""}`;
}

/** Without the mention of the app; and Slack escapes three characters of what people write. */
function plain(text = "", botUserId = ""): string {
  const words = text.replaceAll(`<@${botUserId}>`, "").trim();
  return words.replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** A model that was talked into it must not ring everybody's bell. As long as before, for the limit. */
function harmless(text: string): string {
  return text.replaceAll(/<!(?=channel|here|everyone|subteam)/g, "‹!");
}

function agentWith(memory: Memory): Agent {
  return new Agent({ model: offline(), tools: [calculator(), clock()], memory });
}

/** Events come through a socket where there is an app token, otherwise over HTTP to /slack/events. */
async function listen(credentials: AppOptions): Promise<void> {
  await using memory = fileMemory(".beseda/slack");
  const { app, idle } = slackBot(credentials, agentWith(memory), memory);
  await app.start(Number(process.env.PORT ?? 3000));
  console.log("Listening. Ctrl-C ends it.");
  await new Promise((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, resolve);
  });
  await app.stop();
  await idle();
}

/** Two people, in direct messages and in a channel, all at once. */
async function playConversation(): Promise<void> {
  console.log("SLACK_BOT_TOKEN is not set (api.slack.com/apps gives one): this is a conversation on a fake Slack.\n");
  const { FakeClock } = await import("../test/fakes/fake-clock.ts");
  const { startSlackServer } = await import("../test/fakes/slack-server.ts");
  const fakeClock = new FakeClock();
  const slack = await startSlackServer({ clock: fakeClock });
  const memory = inMemory();
  const { apiUrl, token, signingSecret } = slack;
  const { app, idle } = slackBot({ token, signingSecret }, agentWith(memory), memory, { apiUrl, wait: fakeClock.wait });
  slack.sendEventsTo(await app.start({ port: 0, host: "127.0.0.1" }));

  const [anna, boris, channel] = [slack.person("Anna"), slack.person("Boris"), slack.channel("dacha")];
  await slack.say(anna, "What is 17 * 23?").acknowledged;
  await slack.say(anna, "What time is it in Tokyo?").acknowledged;
  await slack.say(boris, "Anna, are you coming on Saturday?", { channel }).acknowledged;
  await slack.say(boris, `${slack.mention} how much is 12% of 4500?`, { channel }).acknowledged;
  await idle();
  console.log(slack.transcript());

  await app.stop();
  await slack.close();
}

if (process.argv[1] === import.meta.filename) {
  const { SLACK_BOT_TOKEN: token, SLACK_APP_TOKEN: appToken, SLACK_SIGNING_SECRET: signingSecret } = process.env;
  if (!token) await playConversation();
  else if (appToken) await listen({ token, appToken, socketMode: true });
  else if (signingSecret) await listen({ token, signingSecret });
  else
    console.error(
      "Set SLACK_APP_TOKEN too (socket mode), or SLACK_SIGNING_SECRET (HTTP): api.slack.com/apps has them.",
    );
}
