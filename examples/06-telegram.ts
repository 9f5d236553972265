// A Telegram bot: plain grammY around an agent. Without TELEGRAM_BOT_TOKEN it plays a conversation on a fake Telegram.
import { type ChatSurface, LiveAnswer, RecentIds, showRun, ThreadQueue } from "@beseda/channels/delivery";
import { Agent, type Memory } from "@beseda/core";
import { fileMemory, inMemory } from "@beseda/memory";
import { offline } from "@beseda/providers/offline";
import { calculator, clock } from "@beseda/tools";
import { Bot, type Context, type Filter, GrammyError } from "grammy";

type Said = Filter<Context, "message:text">;
/** For tests: another server, and waiting that takes no time. */
type Stage = { apiRoot?: string; wait?: (ms: number) => Promise<unknown> };

/** `memory` is the agent's own: /reset forgets a thread of it. `idle()` resolves when everything is answered. */
export function telegramBot(token: string, agent: Agent, memory: Memory, { apiRoot, wait }: Stage = {}) {
  // A call that hangs would hold up its chat; a poll for updates takes 30 seconds.
  const bot = new Bot(token, { client: { timeoutSeconds: 60, ...(apiRoot && { apiRoot }) } });
  const updates = new RecentIds();
  const queue = new ThreadQueue();

  // Telegram delivers an update again when it is not sure that it arrived.
  const messages = bot.filter(({ update }) => updates.claim(update.update_id)).on("message:text");
  messages.command("stop", (said) => queue.stop(threadOf(said)));
  messages.command("start", (said) =>
    inTurn(said, () => say(said, "Hello! /stop ends an answer, /reset starts anew.")),
  );
  messages.command("reset", (said) =>
    inTurn(said, async () => {
      await memory.delete(threadOf(said));
      await say(said, "Forgotten. What shall we talk about?");
    }),
  );
  messages.use((said) => {
    const text = wordsForUs(said);
    if (text) inTurn(said, (signal) => answer(said, text, signal));
  });

  // One answer at a time in a chat. Nobody waits here for it, so that /stop is read in the meantime.
  function inTurn(said: Said, job: (signal: AbortSignal) => Promise<void>): void {
    queue.run(threadOf(said), job).catch((error: Error) => console.error(`Chat ${said.chat.id}: ${error.message}`));
  }

  async function answer(said: Said, text: string, signal: AbortSignal): Promise<void> {
    const threadId = threadOf(said);
    const userId = `telegram:${said.from.id}`;
    const ownerId = isPrivate(said) ? userId : threadId;
    const typing = keepTyping(said);
    try {
      const run = agent.stream(text, { threadId, userId, ownerId, signal });
      await showRun(run, surfaceOf(said));
      // Why it failed is for the log.
      await run.result;
    } finally {
      clearInterval(typing);
    }
  }

  function say(said: Said, text: string): Promise<void> {
    return new LiveAnswer(surfaceOf(said)).finish(text);
  }

  // Plain text: half an answer is seldom valid Markdown. No link previews: to fetch one can carry a secret outside.
  function surfaceOf(said: Said): ChatSurface<number> {
    const style = { link_preview_options: { is_disabled: true } };
    const reply_parameters = { message_id: said.msg.message_id, allow_sending_without_reply: true };
    return {
      limit: 4096,
      // Once a second in a chat, 20 times a minute in a group.
      paceMs: isPrivate(said) ? 1_100 : 3_100,
      async post(text) {
        const { message_id } = await said.reply(text, isPrivate(said) ? style : { ...style, reply_parameters });
        return message_id;
      },
      edit: (id, text) => bot.api.editMessageText(said.chat.id, id, text, style).catch(unlessItStands),
      remove: (id) => bot.api.deleteMessage(said.chat.id, id),
      retryAfterMs(error) {
        const seconds = error instanceof GrammyError ? error.parameters.retry_after : undefined;
        return seconds && seconds * 1_000;
      },
      wait,
    };
  }

  return { bot, idle: () => queue.idle() };
}

/** A topic of a forum is a conversation of its own. */
function threadOf({ chat, msg }: Said): string {
  return `telegram:${chat.id}${msg.is_topic_message ? `:${msg.message_thread_id}` : ""}`;
}

function isPrivate({ chat }: Said): boolean {
  return chat.type === "private";
}

/** In a group only what mentions the bot, in whatever case, or replies to it. */
function wordsForUs(said: Said): string | undefined {
  const words = said.msg.text.replace(new RegExp(`(?<!\\w)@${said.me.username}\\b`, "gi"), "").trim();
  const isReply = said.msg.reply_to_message?.from?.id === said.me.id;
  return isPrivate(said) || isReply || words !== said.msg.text ? words : undefined;
}

/** Telegram shows it for 5 seconds, or until a message comes. */
function keepTyping(said: Said): NodeJS.Timeout {
  const type = () => void said.replyWithChatAction("typing").catch(() => {});
  type();
  return setInterval(type, 4_000);
}

/** An edit that is tried again may have arrived the first time. */
function unlessItStands(error: unknown): void {
  if (!(error instanceof GrammyError && error.description.includes("message is not modified"))) throw error;
}

function agentWith(memory: Memory): Agent {
  return new Agent({ model: offline(), tools: [calculator(), clock()], memory });
}

async function listen(token: string): Promise<void> {
  await using memory = fileMemory(".beseda/telegram");
  const { bot, idle } = telegramBot(token, agentWith(memory), memory);
  for (const signal of ["SIGINT", "SIGTERM"]) process.once(signal, () => bot.stop());
  await bot.start({ onStart: ({ username }) => console.log(`@${username} is listening. Ctrl-C ends it.`) });
  await idle();
}

/** Two people, in their own chats and in a group, all at once. */
async function playConversation(): Promise<void> {
  console.log("TELEGRAM_BOT_TOKEN is not set (@BotFather gives one): this is a conversation on a fake Telegram.\n");
  const { FakeClock } = await import("../test/fakes/fake-clock.ts");
  const { startTelegramServer } = await import("../test/fakes/telegram-server.ts");
  const fakeClock = new FakeClock();
  const telegram = await startTelegramServer(fakeClock);
  const memory = inMemory();
  const { apiRoot } = telegram;
  const { bot, idle } = telegramBot(telegram.token, agentWith(memory), memory, { apiRoot, wait: fakeClock.wait });
  const polling = bot.start();

  const [anna, boris, group] = [telegram.person("Anna"), telegram.person("Boris"), telegram.group("Dacha")];
  telegram.say(anna, "/start");
  telegram.say(anna, "What is 17 * 23?");
  telegram.say(boris, "What time is it in Tokyo?");
  telegram.say(boris, "Anna, are you coming on Saturday?", { chatId: group.id });
  telegram.say(anna, "@beseda_bot how much is 12% of 4500?", { chatId: group.id });
  await telegram.allFetched();
  await idle();
  console.log(telegram.transcript());

  await bot.stop();
  await polling;
  await telegram.close();
}

if (process.argv[1] === import.meta.filename) {
  const token = process.env.TELEGRAM_BOT_TOKEN ?? process.env.BOT_TOKEN;
  await (token ? listen(token) : playConversation());
}
