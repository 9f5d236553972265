// A recorded reply of 4 KB with everything that makes a stream hard to read, and what is in it.

const envelope = { id: "chatcmpl-7", object: "chat.completion.chunk", created: 1_763_800_000, model: "test-model" };

function chunk(delta: object, more: object = {}): string {
  return JSON.stringify({ ...envelope, choices: [{ index: 0, delta, ...more }] });
}

const texts = [
  "Сегодня в Омске ",
  "снег ❄️ и ветер;\u2028семье 👨‍👩‍👧‍👦 ",
  "лучше остаться дома 🏠. ",
  '"Кавычки", \\ и\nновая строка. ',
  "Проверю прогноз 👩🏽‍🚀…",
];
const inputs = ['{"city":', '"Омск","days"', ':3,"note":"для 👨‍👩‍👧"', "}"];

/** The one call that it makes. */
export const recordedCall = { name: "forecast", input: JSON.parse(inputs.join("")) };

const events = [
  "\uFEFF: the connection is open\r\n\r\n",
  `data: ${chunk({ role: "assistant", content: "" })}\r\n\r\n`,
  ...texts.slice(0, 2).map((content) => `data: ${chunk({ content })}\r\n\r\n`),
  ": keep-alive\n\n",
  ...texts.slice(2, 4).map((content) => `event: message\nid: 7\ndata:${chunk({ content })}\n\n`),
  // The data of an event may be in several lines, and CR alone ends a line too.
  `data: ${chunk({ content: texts[4] }).replace('"choices"', '\r\ndata: "choices"')}\r\n\r\n`,
  `data: ${chunk({ tool_calls: [{ index: 0, id: "call_1", type: "function", function: { name: "forecast", arguments: "" } }] })}\r\r`,
  ...inputs.map((input) => `data: ${chunk({ tool_calls: [{ index: 0, function: { arguments: input } }] })}\n\n`),
  `data: ${chunk({}, { finish_reason: "tool_calls" })}\n\n`,
  `: ${"проверка связи ".repeat(51)}\n\n`,
  `data: ${JSON.stringify({ ...envelope, choices: [], usage: { prompt_tokens: 31, completion_tokens: 57, total_tokens: 88 } })}\r\n\r\n`,
  "data: [DONE]\n\n",
];

export const recordedReply: Buffer = Buffer.from(events.join(""));

/** What the reply says in those of its events that are whole within its first bytes. */
export function recordedText(bytes: number = recordedReply.length): string {
  let text = "";
  let end = 0;
  for (const event of events) {
    end += Buffer.byteLength(event);
    // The CR of the blank line ends the event, the LF after it is no news.
    if (end - (event.endsWith("\r\n") ? 1 : 0) > bytes) break;
    text += texts.find((each) => event.includes(JSON.stringify(each))) ?? "";
  }
  return text;
}
