// Text as words: where each stands, its stem in Russian or English, and the concepts it may mean.
import { conceptsOf } from "./concepts.ts";

/** `start` and `end` are offsets in the text. `keys` are what two words are compared by: the stem, and `@concept` names. */
export type Word = { text: string; lower: string; start: number; end: number; keys: readonly string[] };

const wordPattern = /[\p{L}\p{N}]+(?:[-_'’](?<!\d-(?=\p{L}))[\p{L}\p{N}]+)*/gu;

export function wordsOf(text: string): Word[] {
  const words: Word[] = [];
  for (const match of text.matchAll(wordPattern)) {
    // "order's" is "order"; "e-mail" and "e-mails" stay one word.
    const bare = match[0].replace(/['’]s$/i, "");
    words.push({
      text: match[0],
      lower: lowered(match[0]),
      start: match.index,
      end: match.index + match[0].length,
      keys: keysOf(lowered(bare)),
    });
  }
  return words;
}

/** `listBusTimes`, `list_bus_times` and `list-bus-times` are the same three words. */
export function wordsOfName(name: string): string[] {
  return name
    .replace(/([\p{Ll}\d])(\p{Lu})/gu, "$1 $2")
    .replace(/(\p{Lu})(\p{Lu}\p{Ll})/gu, "$1 $2")
    .toLowerCase()
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean);
}

export function keysOf(lower: string): readonly string[] {
  const known = keysByWord.get(lower);
  if (known) return known;
  const stem = stemOf(lower);
  const keys = [stem, ...conceptsOf(lower, stem).map((concept) => `@${concept}`)];
  // A cache of bounded size: words repeat all the time, but a server may run for months.
  if (keysByWord.size > 5_000) keysByWord.clear();
  keysByWord.set(lower, keys);
  return keys;
}

const keysByWord = new Map<string, readonly string[]>();

export function lowered(text: string): string {
  return text.toLowerCase().replaceAll("ё", "е").replaceAll("’", "'");
}

export function isRussian(text: string): boolean {
  return /[а-яё]/i.test(text);
}

/** "транспорт" is "transport", "политика" begins as "politics" does. */
export function soundsLike(russian: string, latin: string): boolean {
  if (!isRussian(russian) || isRussian(latin)) return false;
  const stem = inLatin(stemOf(russian));
  return (
    stem.length >= 4 &&
    (latin.startsWith(stem) || (stem.length >= 6 && stem.startsWith(englishStem(latin)) && latin.length > 4))
  );
}

function inLatin(russian: string): string {
  return [...russian].map((letter) => latinLetters[letter] ?? letter).join("");
}

const latinLetters: Record<string, string> = Object.fromEntries(
  "а-a б-b в-v г-g д-d е-e ж-zh з-z и-i й-i к-k л-l м-m н-n о-o п-p р-r с-s т-t у-u ф-f х-h ц-c ч-ch ш-sh щ-sch ъ- ы-y ь- э-e ю-u я-ia"
    .split(" ")
    .map((pair) => pair.split("-")),
);

export function stemOf(lower: string): string {
  return isRussian(lower) ? russianStem(lower) : englishStem(lower);
}

function englishStem(word: string): string {
  if (word.length <= 3) return word;
  return word
    .replace(/ies$/, "y")
    .replace(/(ss|sh|ch|x|z)es$/, "$1")
    .replace(/([^su])s$/, "$1")
    .replace(/(?<=[aeiouy].*[^aeiou])(ing|ed)$/, "")
    .replace(/(?<=.{4})(ation|ations|ment|ments|ly|ness)$/, "")
    .replace(/([bdgklmnprt])\1$/, "$1")
    .replace(/(?<=.{3})e$/, "");
}

const vowel = "аеиоуыэюя";
const gerund = /(?:ив(?:ши(?:сь)?)?|ыв(?:ши(?:сь)?)?|(?<=[ая])в(?:ши(?:сь)?)?)$/;
const adjective = /(?:[иы]ми|[еоыи]е|[еоыи]й|[еоыи]м|[ео]го|[ео]му|[иы]х|[ую]ю|[ая]я|[ое]ю)$/;
const participle = /(?:[иы]вш|ующ|(?<=[ая])(?:ем|нн|вш|ющ|щ))$/;
const verb =
  /(?:[иы]ла|ена|[еу]йте|ите|[иы]ли|[еу]й|[иы]л|[иы]м|ен|[иы]ло|ено|ят|ует|уют|[иы]т|ены|[иы]ть|ишь|ую|ю|(?<=[ая])(?:ла|на|ете|йте|ли|й|л|ем|н|ло|но|ет|ют|ны|ть|ешь|нно))$/;
const noun = /(?:и?ями|ами|[еи]и|иях|ах|ях|и?ям|ам|и?ей|ием|[еиоь]й|[еои]в|[иь]е|[ео]м|[иь]ю|[иь]я|[аеийоуыьюя])$/;

/** The steps of the Snowball stemmer (snowballstem.org/algorithms/russian), endings written shorter. */
function russianStem(word: string): string {
  const first = word.search(new RegExp(`[${vowel}]`));
  if (first < 0) return word;
  const head = word.slice(0, first + 1);
  let tail = word.slice(first + 1);
  const cut = (ending: RegExp): boolean => {
    const at = tail.search(ending);
    if (at >= 0) tail = tail.slice(0, at);
    return at >= 0;
  };
  if (!cut(gerund)) {
    cut(/с[яь]$/);
    if (cut(adjective)) cut(participle);
    else if (!cut(verb)) cut(noun);
  }
  cut(/и$/);
  cut(/(?<=[аеиоуыэюя].*)ость?$/);
  tail = tail.replace(/нн$/, "н").replace(/ь$/, "");
  return head + tail;
}
