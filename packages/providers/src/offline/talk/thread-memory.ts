// Questions about what was said before, answered from the thread itself.

import { contentKeys } from "../language/stop-words.ts";
import { lowered, wordsOf } from "../language/words.ts";
import type { Phrases } from "./phrases.ts";
import { nameIn } from "./small-talk.ts";

/** `earlier` are the person's own messages, oldest first. Undefined where the question is another or nothing was said. */
export function fromThread(text: string, earlier: readonly string[], phrases: Phrases): string | undefined {
  const plain = lowered(text);
  if (asksForName.test(plain)) {
    const name = nameIn(earlier);
    return name && phrases.yourName(name);
  }
  const last = earlier.at(-1);
  if (last && asksForLast.test(plain)) return phrases.youSaid(last);
  const first = earlier[0];
  if (first && asksForFirst.test(plain)) return phrases.youSaid(first);
  if (!(isQuestion.test(plain) && aboutSelf.test(plain))) return undefined;
  const best = nearest(
    text,
    earlier.filter((each) => !isQuestion.test(lowered(each)) && !forgetting.test(lowered(each))),
  );
  return best && phrases.youSaid(best);
}

/** Somebody tells something of themselves. */
export function tellsOfSelf(text: string): boolean {
  const plain = lowered(text.trim());
  return (
    !isQuestion.test(plain) &&
    /^(?:(?:and|by the way|а|кстати)[\s,]+)?(?:i|i'm|my|я|мой|моя|мое|мои|мне|у меня|мы|we)(?!\p{L})/u.test(plain)
  );
}

export function asksForOwnName(text: string): boolean {
  return asksForName.test(lowered(text));
}

const asksForName =
  /(?:what(?:'s| is| was)? (?:did i say )?my name|who am i|do you (?:know|remember) my name|(?:say|said) my name|как меня зовут|как мо[ея] имя|мое имя\?|кто я(?!\p{L})|помнишь.*(?:имя|зовут)|знаешь.*(?:имя|меня зовут))/u;
const asksForLast =
  /(?:what did i (?:just )?(?:say|ask)(?: before| last| just now)?\s*\??$|what was my (?:last|previous) (?:question|message)|что я (?:только что )?(?:сказал|говорил|спросил|спрашивал|написал)а?\s*\??$|какой был мой (?:последний|предыдущий) вопрос)/u;
const asksForFirst =
  /(?:what was my first (?:question|message)|what did i (?:say|ask) first|какой был мой первый вопрос|что я (?:сказал|спросил)а? (?:сначала|первым))/u;
const forgetting = /^(?:please |пожалуйста,? )?(?:forget|забудь)/u;
const isQuestion =
  /\?|^(?:what|where|when|who|which|how|do you (?:remember|know)|что|где|когда|кто|как|какой|какая|какое|какие|сколько|помнишь|знаешь)(?!\p{L})/u;
const aboutSelf = /(?<!\p{L})(?:my|i|me|mine|мой|моя|мое|мои|моего|моей|моих|моем|мою|я|меня|мне)(?!\p{L})/u;

/** The latest of those that share the most words with the question; half of its words at least. */
function nearest(question: string, statements: readonly string[]): string | undefined {
  const asked = new Set(contentKeys(wordsOf(question)).filter((key) => !askingKeys.has(key)));
  if (asked.size === 0) return undefined;
  let best: { text: string; shared: number } | undefined;
  for (const text of statements) {
    const shared = new Set(contentKeys(wordsOf(text)).filter((key) => asked.has(key))).size;
    if (shared > 0 && shared >= (best?.shared ?? 0)) best = { text, shared };
  }
  return best?.text;
}

const askingKeys = new Set(
  contentKeys(wordsOf("say said tell told remember know сказал говорил помнишь знаешь называл")),
);
