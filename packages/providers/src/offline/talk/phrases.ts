// What the model says in its own words, in Russian and in English.
import type { ToolDefinition } from "@beseda/core";
import type { Field } from "../read/read-field.ts";
import type { ReadTool } from "../read/read-tool.ts";
import type { Tongue } from "./read-out.ts";
import type { Resolved } from "./resolve-request.ts";

export type Phrases = {
  tongue: Tongue;
  greeting(persona: string | undefined, name: string | undefined): string;
  self(persona: string | undefined): string;
  abilities(tools: readonly ToolDefinition[]): string;
  notUnderstood(tools: readonly ToolDefinition[]): string;
  ask(tool: ReadTool, missing: readonly Field[]): string;
  failed(toolName: string, error: string): string;
  notDone(request: string): string;
  pleased(name: string): string;
  yourName(name: string): string;
  youSaid(text: string): string;
  /** The reasons for a choice, a line each. */
  chose(resolved: Resolved, tools: number): string[];
  empty: string;
  welcome: string;
  bye: string;
  fine: string;
  noted: string;
  heard: string;
  flattered: string;
  nameUnknown: string;
  noToolNeeded: string;
  noToolFits: string;
  allDone: string;
  forced: string;
};

export function phrasesIn(tongue: Tongue): Phrases {
  return tongue === "ru" ? russian : english;
}

/** "You are Masha, …" in the instructions. */
export function personaOf(instructions: string): string | undefined {
  const match =
    /(?:[Yy]ou are|[Yy]our name is)\s+(?!(?:A|An|The|I)\b)([A-ZА-ЯЁ][\p{L}-]+)/u.exec(instructions) ??
    /(?:[Тт]ы|[Вв]ы|[Тт]ебя зовут|[Вв]ас зовут|[Тт]воё имя)\s*(?:[—–-]\s*)?([А-ЯЁA-Z][\p{L}-]+)/u.exec(instructions);
  return match?.[1];
}

const english: Phrases = {
  tongue: "en",
  greeting: (persona, name) =>
    `Hello${name ? `, ${name}` : ""}!${persona ? ` I am ${persona}.` : ""} Ask me something, or say “help” to see what I can do.`,
  self: (persona) =>
    `I am ${persona ? `${persona}, run by ` : ""}the offline model: a set of rules, not a neural network. I need no key and no network. I choose among the tools that I was given and answer from their results. For a real model, set a key such as OPENAI_API_KEY and choose that model instead.`,
  abilities: (tools) =>
    tools.length === 0
      ? "I am the offline, rule-based model, and I was given no tools, so I can only chat a little and remember what you say here. Give me tools, or choose a real model by setting a key such as OPENAI_API_KEY."
      : `I am the offline, rule-based model. I can use these tools:\n${listed(tools, "for example")}\nFor free conversation choose a real model: set a key such as OPENAI_API_KEY.`,
  notUnderstood: (tools) =>
    tools.length === 0
      ? "I did not understand that: I am the offline, rule-based model, and I have no tools. For real conversation choose a real model: set a key such as OPENAI_API_KEY."
      : `I did not find a tool for that: I am the offline model and only follow rules. This is what I can do:\n${listed(tools, "for example")}`,
  ask: ({ definition }, missing) =>
    missing.length === 1
      ? `I can use ${definition.name} for that, but I need one more thing: ${wanted(missing)}.`
      : `I can use ${definition.name} for that, but I still need: ${wanted(missing)}.`,
  failed: (toolName, error) => `${toolName} did not work: ${sentence(error)}`,
  notDone: (request) => `I left out “${request}”, because there was no result to do it with.`,
  pleased: (name) => `Nice to meet you, ${name}!`,
  yourName: (name) => `Your name is ${name}.`,
  youSaid: (text) => `You said: “${text}”`,
  chose: (resolved, tools) =>
    reasons(resolved, {
      compared: `Compared ${tools} ${tools === 1 ? "tool" : "tools"} with the message`,
      by: "by",
      byValues: "by the values that it takes",
      from: "from",
      missing: "Missing",
      again: "Goes on from the last call",
      answer: "Takes this as the answer to my question",
      result: "Uses the earlier result",
    }),
  empty: "You sent an empty message. Ask me something, or say “help”.",
  welcome: "You are welcome!",
  bye: "Goodbye!",
  fine: "I am fine, as rules always are. What can I do for you?",
  noted: "All right. What next?",
  heard: "I see. I keep it in mind as long as this conversation lasts; no tool of mine is needed for it.",
  flattered: "Thank you. I only follow rules, but I follow them gladly.",
  nameUnknown: "You have not told me your name in this conversation.",
  noToolNeeded: "No tool is needed for this.",
  noToolFits: "No tool is near enough to the message.",
  allDone: "The tools have answered; nothing else was asked for.",
  forced: "A call was demanded, so the likeliest tool is called with what the message holds.",
};

const russian: Phrases = {
  tongue: "ru",
  greeting: (persona, name) =>
    `Здравствуйте${name ? `, ${name}` : ""}!${persona ? ` Я ${persona}.` : ""} Спросите меня о чём-нибудь или скажите «помощь», и я перечислю, что умею.`,
  self: (persona) =>
    `Я ${persona ? `${persona}, а работаю на правилах: это ` : ""}офлайн-модель — набор правил, а не нейросеть. Мне не нужны ни ключ, ни сеть. Я выбираю из инструментов, которые мне дали, и отвечаю по их результатам. Нужна настоящая модель — задайте ключ, например OPENAI_API_KEY, и выберите её.`,
  abilities: (tools) =>
    tools.length === 0
      ? "Я офлайн-модель на правилах, и инструментов мне не дали: могу лишь немного поболтать и помнить, что вы здесь сказали. Дайте мне инструменты или выберите настоящую модель, задав ключ, например OPENAI_API_KEY."
      : `Я офлайн-модель на правилах. Вот мои инструменты:\n${listed(tools, "например")}\nДля свободной беседы выберите настоящую модель: задайте ключ, например OPENAI_API_KEY.`,
  notUnderstood: (tools) =>
    tools.length === 0
      ? "Не понимаю: я офлайн-модель на правилах, и инструментов у меня нет. Для настоящей беседы выберите настоящую модель: задайте ключ, например OPENAI_API_KEY."
      : `Я не нашёл для этого инструмента: я офлайн-модель и следую только правилам. Вот что я умею:\n${listed(tools, "например")}`,
  ask: ({ definition }, missing) =>
    missing.length === 1
      ? `Для этого есть ${definition.name}, но не хватает одного: ${wanted(missing)}.`
      : `Для этого есть ${definition.name}, но не хватает: ${wanted(missing)}.`,
  failed: (toolName, error) => `${toolName}: не получилось. ${sentence(error)}`,
  notDone: (request) => `Просьбу «${request}» я пропустил: нет результата, с которым её выполнить.`,
  pleased: (name) => `Приятно познакомиться, ${name}!`,
  yourName: (name) => `Вас зовут ${name}.`,
  youSaid: (text) => `Вы сказали: «${text}»`,
  chose: (resolved, tools) =>
    reasons(resolved, {
      compared: `Сравнил сообщение с инструментами (${tools})`,
      by: "по словам",
      byValues: "по значениям, которые он принимает",
      from: "из слов",
      missing: "Не хватает",
      again: "Продолжает прошлый вызов",
      answer: "Это ответ на мой вопрос",
      result: "Берёт прежний результат",
    }),
  empty: "Сообщение пустое. Спросите о чём-нибудь или скажите «помощь».",
  welcome: "Пожалуйста!",
  bye: "До свидания!",
  fine: "Хорошо, как всегда у правил. Чем помочь?",
  noted: "Хорошо. Что дальше?",
  heard: "Понятно. Буду помнить, пока длится эта беседа; инструмент для этого не нужен.",
  flattered: "Спасибо. Я лишь следую правилам, зато охотно.",
  nameUnknown: "В этой беседе вы ещё не назвали своего имени.",
  noToolNeeded: "Инструмент здесь не нужен.",
  noToolFits: "Ни один инструмент не близок к сообщению.",
  allDone: "Инструменты ответили; больше ни о чём не просили.",
  forced: "Вызов потребовали, поэтому вызывается самый близкий инструмент с тем, что есть в сообщении.",
};

const longestAbout = 90;

function listed(tools: readonly ToolDefinition[], forExample: string): string {
  return tools
    .map(({ name, description, examples }) => {
      const first = description.split(/(?<=[.!?])\s/)[0]?.replace(/\.$/, "") ?? "";
      const about =
        first.length > longestAbout ? `${first.slice(0, longestAbout).replace(/[\s,;]+\S*$/, "")} …` : first;
      return `- ${name}${about && `: ${about}`}${examples[0] ? ` (${forExample}: ${examples[0]})` : ""}`;
    })
    .join("\n");
}

function wanted(missing: readonly Field[]): string {
  return missing
    .map(({ path, description, choices }) => {
      const notes = [description.replace(/\.$/, ""), choices?.join(" | ") ?? ""].filter(Boolean).join("; ");
      return notes ? `${path.join(".")} (${notes})` : path.join(".");
    })
    .join(", ");
}

function sentence(error: string): string {
  const line = error.trim().slice(0, 500);
  return /[.!?]$/.test(line) ? line : `${line}.`;
}

type Reasons = {
  byValues: string;
  compared: string;
  by: string;
  from: string;
  missing: string;
  again: string;
  answer: string;
  result: string;
};

function reasons({ tool, by, ranked, sources, missing }: Resolved, say: Reasons): string[] {
  const lines: string[] = [];
  if (by === "last-call") lines.push(`${say.again}: ${tool.definition.name}.`);
  else if (by === "answer") lines.push(`${say.answer}: ${tool.definition.name}.`);
  else {
    if (by === "result") lines.push(`${say.result}.`);
    const scores = ranked.slice(0, 3).map(({ tool: each, score, matched }) => {
      const words =
        matched.length > 0 ? `, ${say.by} ${matched.map((word) => `“${word}”`).join(", ")}` : `, ${say.byValues}`;
      return `${each.definition.name} ${score.toFixed(1)}${words}`;
    });
    lines.push(`${say.compared}: ${scores.join("; ")}.`);
  }
  for (const { name, value, said } of sources) {
    lines.push(`${name} = ${JSON.stringify(value)}${said ? `, ${say.from} “${said}”` : ""}.`);
  }
  if (missing.length > 0) lines.push(`${say.missing}: ${missing.map((field) => field.path.join(".")).join(", ")}.`);
  return lines;
}
