// What is no task for a tool: greetings, thanks, and questions about the model itself.
import type { ToolDefinition } from "@beseda/core";
import { lowered } from "../language/words.ts";
import type { Phrases } from "./phrases.ts";
import type { Turn } from "./turns.ts";

export type Talk = {
  tools: readonly ToolDefinition[];
  persona: string | undefined;
  phrases: Phrases;
  turns: readonly Turn[];
};

/** An answer where the whole message is small talk; undefined where it says anything else. */
export function smallTalk(text: string, talk: Talk): string | undefined {
  const plain = lowered(text)
    .replace(/[^\p{L}\p{N}' ]+/gu, " ")
    .replace(/\s+/g, " ")
    .trim();
  if (plain === "") return text.trim() === "" ? talk.phrases.empty : undefined;
  const rest = withoutGreeting(plain);
  if (rest === "") return talk.phrases.greeting(talk.persona, nameIn(talk.turns.map(({ text }) => text)));
  for (const [pattern, answer] of kinds) if (pattern.test(rest)) return answer(talk);
  const name = introduced(text);
  if (name && rest.split(" ").length <= 7) return talk.phrases.pleased(name);
  return undefined;
}

const greetings =
  /^(?:(?:hi|hello|hey|hiya|yo|greetings|good (?:morning|afternoon|evening|day)|привет(?:ик|ствую)?|здравствуй(?:те)?|здаров\p{L}*|здорово|хай|салют|доброе утро|добрый (?:день|вечер)|доброго (?:дня|времени суток))(?: there| all| everyone| всем)?(?: |$))+/u;

/** "Привет, какая погода?" without the first word. */
function withoutGreeting(plain: string): string {
  return plain.replace(greetings, "").trim();
}

const kinds: readonly [RegExp, (talk: Talk) => string][] = [
  [
    /^(?:(?:ok |okay |great |cool |спасибо |ок )?(?:thanks?|thank you|thx|cheers|спасибо|благодарю|спс|мерси)(?: (?:a lot|so much|very much|большое|огромное|you|for .*|за .*|тебе|вам|that's all|это все))*|that's (?:all|great|helpful)(?: thanks)?)$/u,
    ({ phrases }) => phrases.welcome,
  ],
  [
    /^(?:bye|goodbye|good bye|see you(?: later| soon| tomorrow)?|good night|farewell|пока(?: пока)?|до свидания|до встречи|спокойной ночи|всего (?:доброго|хорошего)|прощай)$/u,
    ({ phrases }) => phrases.bye,
  ],
  [
    /^(?:how are you(?: doing| today)*|how's it going|what's up|how do you do|как (?:ты|вы|дела|поживаешь|поживаете|жизнь|настроение|сам|оно)(?: у тебя| сегодня| твои| ты)*|что нового)$/u,
    ({ phrases }) => phrases.fine,
  ],
  [
    /^(?:(?:and )?(?:who|what) (?:are|r) (?:you|u)(?: exactly| really)?|what(?:'s| is) your name|(?:please )?introduce yourself|tell me about yourself|are you (?:a |an )?(?:bot|robot|human|ai|person|real|chatgpt|gpt|llm|model|language model)(?: .*)?|which model are you|what model (?:are you|is this)|(?:а )?(?:ты кто|кто ты|вы кто|кто вы|что ты(?: такое| за .*)?|как тебя зовут|как вас зовут|представься|расскажи о себе|ты (?:бот|робот|человек|живой|ии|нейросеть|модель)(?: .*)?|какая ты модель|что ты за модель))$/u,
    ({ phrases, persona }) => phrases.self(persona),
  ],
  [
    /^(?:help|(?:please )?help me|menu|commands|what (?:can|could|do) you do(?: for me)?|what can i (?:ask|do)(?: you| here)*|what are you (?:able|capable) .*|(?:what are |list |show )?(?:your |the )?(?:tools|capabilities|skills|abilities|features)(?: do you have)?|what tools do you have|how can you help(?: me)?|помощь|помоги(?: мне)?|справка|(?:а )?(?:что|чего) (?:ты |вы )?(?:умеешь|умеете|можешь|можете)(?: делать)?|(?:а )?что (?:ты|вы) (?:умеешь|умеете|можешь|можете)(?: делать)?|чем (?:ты )?(?:можешь|можете) (?:помочь|быть полезн\p{L}+)|какие у тебя (?:инструменты|возможности|функции)|твои возможности|какие (?:есть )?инструменты(?: есть)?)$/u,
    ({ phrases, tools }) => phrases.abilities(tools),
  ],
  [
    /^(?:ok|okay|k|yes|yep|yeah|no|nope|sure|fine|cool|great|good|nice|awesome|perfect|wow|got it|i see|understood|never ?mind|cancel|forget it|lol|haha|hm+|да|нет|ага|угу|ок|окей|хорошо|ладно|понятно|понял\p{L}*|ясно|отлично|супер|класс|круто|здорово|не надо|не важно|неважно|отмена|хм+|ха(?:ха)+)$/u,
    ({ phrases }) => phrases.noted,
  ],
  [
    /^(?:i (?:love|like|hate) (?:you|this|it)|you(?:'re| are) (?:great|awesome|the best|smart|stupid|bad|good|funny|cool)|well done|good (?:job|bot)|ты (?:молодец|крут\p{L}+|лучш\p{L}+|умн\p{L}+|глуп\p{L}+|хорош\p{L}+)|молодец|умница|я (?:тебя )?люблю(?: тебя)?)$/u,
    ({ phrases }) => phrases.flattered,
  ],
];

const name = "([\\p{Lu}][\\p{L}-]+|[\\p{Ll}]{2,})";
const introductions = new RegExp(
  `(?:my name is|my name's|call me|i am called|меня зовут|мо[её] имя(?: —| -)?|зови(?:те)? меня|называй меня)\\s+${name}|(?:^|[.,!]\\s*)(?:I am|I'm|Я|это)\\s+(?:—\\s*|-\\s*)?(\\p{Lu}[\\p{L}-]+)\\s*(?:[.!,]|$)`,
  "iu",
);
const properName = /^\p{Lu}/u;

/** The name that somebody gives as their own. */
function introduced(text: string): string | undefined {
  if (/\?|remember|запомни|(?:what|how) /i.test(text)) return undefined;
  const match = introductions.exec(text);
  const found = match?.[1] ?? match?.[2];
  if (!found) return undefined;
  if (match?.[2] && !properName.test(found)) return undefined;
  return found.charAt(0).toUpperCase() + found.slice(1);
}

export function nameIn(texts: readonly string[]): string | undefined {
  for (const text of [...texts].reverse()) {
    const found = introduced(text) ?? introduced(text.replace(/remember that|remember|запомни,? что|запомни/i, ""));
    if (found) return found;
  }
  return undefined;
}
