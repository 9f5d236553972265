// Known names in a text, whatever their case: cities, countries, currencies, languages, units, companies.
import { cities, companies, countries, currencies, languages, units } from "../language/known-names.ts";
import { isRussian, stemOf, type Word, wordsOf } from "../language/words.ts";

export type NameKind = "city" | "country" | "currency" | "language" | "unit" | "company";

/** `said` is the spelling in the text, in the nominative; `code` as `known-names.ts` says; `detail` is what follows its colon. */
export type KnownName = { kind: NameKind; english: string; russian: string; code: string; detail?: string };
export type NameSpan = KnownName & { start: number; end: number; said: string };

/** Every reading of every place: "фунт" is a currency and a unit. */
export function findNames(text: string, words: readonly Word[]): NameSpan[] {
  const spans: NameSpan[] = [];
  for (const [at, word] of words.entries()) {
    // "по-французски"
    for (const entry of entriesFor(word.lower.replace(/^по-/, ""))) {
      const matched = words.slice(at, at + entry.stems.length);
      if (matched.length < entry.stems.length) continue;
      if (/^[A-Z]+$/.test(entry.spelling) && word.text !== entry.spelling) continue; // "us" is not "US"
      if (!matched.every((each, offset) => sameWord(each, entry.stems[offset], entry.words[offset]))) continue;
      const end = matched.at(-1)?.end ?? word.end;
      spans.push({ ...entry.name, start: word.start, end, said: nominative(text.slice(word.start, end), entry) });
    }
  }
  for (const match of text.matchAll(/\b[A-Z]{3}\b/g)) {
    const name = byCode.get(match[0]);
    if (name) spans.push({ ...name, start: match.index, end: match.index + 3, said: match[0] });
  }
  for (const match of text.matchAll(/[$€£¥₽₸]|°[CF]\b/g)) {
    const name = bySign.get(match[0]);
    if (name) spans.push({ ...name, start: match.index, end: match.index + match[0].length, said: match[0] });
  }
  for (const match of text.matchAll(
    /(?<=\d\s?|(?:^|\s)(?:to|in|into|from|в|из)\s)(?:[kcm]?m|kg|g|lb|oz|ft|mi|yd|ml|l|gal|[CF]|[KMG]B|км|[см]?м|кг|г|л|мл)(?![\p{L}\p{N}])/gu,
  )) {
    const name = bySign.get(russianSigns[match[0]] ?? match[0]);
    if (name) spans.push({ ...name, start: match.index, end: match.index + match[0].length, said: match[0] });
  }
  return longestFirst(spans);
}

type Entry = { name: KnownName; words: readonly string[]; stems: readonly (readonly string[])[]; spelling: string };

const russianSigns: Record<string, string> = {
  км: "km",
  м: "m",
  см: "cm",
  мм: "mm",
  кг: "kg",
  г: "g",
  л: "l",
  мл: "ml",
};

const index = new Map<string, Entry[]>();
const byCode = new Map<string, KnownName>();
const bySign = new Map<string, KnownName>();

for (const [kind, table] of Object.entries({
  city: cities,
  country: countries,
  currency: currencies,
  language: languages,
  unit: units,
  company: companies,
})) {
  for (const row of table.trim().split("\n")) {
    const [english = "", russian = "", fullCode = ""] = row.split("|");
    const [code = "", detail] = fullCode.split(":");
    const spellings = [...english.split(","), ...russian.split(",")];
    const name: KnownName = {
      kind: kind as NameKind,
      english: english.split(",")[0] ?? "",
      russian: russian.split(",")[0] ?? "",
      code,
      ...(detail && { detail }),
    };
    for (const spelling of spellings) enter(name, spelling);
    if (kind === "currency" || kind === "company") byCode.set(code, byCode.get(code) ?? name);
    if (kind === "unit") bySign.set(code, name);
  }
}

function enter(name: KnownName, spelling: string): void {
  const words = wordsOf(spelling);
  if (words.length === 0 || /^[^\p{L}]*[CF]?$/u.test(spelling)) {
    bySign.set(spelling, name);
    return;
  }
  const stems = words.map((word) => basesOf(word.lower));
  const entry = { name, words: words.map((word) => word.lower), stems, spelling };
  for (const base of stems[0] ?? []) index.set(base, [...(index.get(base) ?? []), entry]);
}

function entriesFor(lower: string): ReadonlySet<Entry> {
  return new Set(basesOf(lower).flatMap((base) => index.get(base) ?? []));
}

/** Two ways to take an ending off: "ереван" would lose its "н" in one, "саратов" its "ов". */
function basesOf(lower: string): readonly string[] {
  return isRussian(lower) ? [stemOf(lower), lower.replace(/[аеиоуыэюяйь]$/, "")] : [stemOf(lower)];
}

/** A short base is a match only for the very word or a capital letter: "рим", but "соч" not from "сочный". */
function sameWord(word: Word, bases: readonly string[] | undefined, spelling: string | undefined): boolean {
  const lower = word.lower.replace(/^по-/, "");
  if (lower === spelling) return true;
  if (!spelling || !isRussian(spelling)) return false;
  const shared = basesOf(lower).filter((base) => bases?.includes(base));
  return shared.some((base) => base.length > 3) || (shared.length > 0 && /^\p{Lu}/u.test(word.text));
}

function nominative(said: string, entry: Entry): string {
  if (!isRussian(said)) return /^\p{Ll}/u.test(said) && /^\p{Lu}/u.test(entry.spelling) ? entry.spelling : said;
  return entry.spelling;
}

/** Of two readings of one kind that overlap the longer stays. */
function longestFirst(spans: NameSpan[]): NameSpan[] {
  const kept: NameSpan[] = [];
  for (const span of spans.sort((a, b) => b.end - b.start - (a.end - a.start))) {
    const inside = kept.some(
      (other) =>
        span.start < other.end &&
        other.start < span.end &&
        (span.kind === other.kind || other.end - other.start > span.end - span.start),
    );
    if (!inside) kept.push(span);
  }
  return kept.sort((a, b) => a.start - b.start);
}
