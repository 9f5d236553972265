// Numbers in a text, in digits or in words, Russian or English.
import { isRussian, type Word } from "../language/words.ts";

export type NumberSpan = { value: number; start: number; end: number; said: string };

export function findNumbers(text: string, words: readonly Word[]): NumberSpan[] {
  const russian = isRussian(text);
  const inDigits: NumberSpan[] = [];
  for (const match of text.matchAll(digits)) {
    const value = numberIn(match[1] ?? "", russian) * (scales[match[2]?.toLowerCase() ?? ""] ?? 1);
    if (!Number.isFinite(value)) {
      // "1,2,3" is a list, "1.2.3" a version.
      if (/^\d+(,\d+)+$/.test(match[0])) {
        for (const each of match[0].matchAll(/\d+/g)) {
          const start = match.index + each.index;
          inDigits.push({ value: Number(each[0]), start, end: start + each[0].length, said: each[0] });
        }
      }
      continue;
    }
    const said = match[0].trim();
    inDigits.push({ value, start: match.index, end: match.index + said.length, said });
  }
  const inWords = findNumberWords(text, words).filter(
    (span) => !inDigits.some((other) => span.start < other.end && other.start < span.end),
  );
  return [...inDigits, ...inWords].sort((a, b) => a.start - b.start);
}

// Not part of a word such as `A-1042`, but "10km", "5x3" and the dice of "2d6" are. A minus belongs to the number after
// a space or at the start.
const before = String.raw`(?<![\p{L}\d.,_#№]|\p{L}-)`;
const minus = String.raw`(?:(?<=^|[\s(=:])[-−])?`;
const plain = String.raw`(${minus}\d{1,3}(?:[ \u00a0]\d{3})+(?:[.,]\d+)?(?!\d)|${minus}\d+(?:[.,]\d+)*)`;
const scale = String.raw`(?:\s?(k|thousand|million|billion|тыс|тысяч[аиу]?|млн|миллион(?:а|ов)?|млрд|миллиард(?:а|ов)?)(?![\p{L}\d]))?`;
const units =
  "(?:[kcm]?m|kg|g|lbs?|oz|ft|mi|yd|ml|l|[CF]|[KMG]B|км|[см]?м|кг|г|л|мл|h|s|min|[ap]m|ч|мин|р|руб|usd|eur|rub)";
const after = String.raw`(?![\d_]|(?!${units}(?![\p{L}\d])|[xх]\d|[dд]\d)\p{L})`;
const digits = new RegExp(`(?:${before}|(?<=\\d[xхdд]|(?<![\\p{L}\\d])[dд]))${plain}${scale}${after}`, "giu");

const scales: Record<string, number> = {
  k: 1e3,
  thousand: 1e3,
  тыс: 1e3,
  тысяч: 1e3,
  тысяча: 1e3,
  тысячи: 1e3,
  тысячу: 1e3,
  million: 1e6,
  млн: 1e6,
  миллион: 1e6,
  миллиона: 1e6,
  миллионов: 1e6,
  billion: 1e9,
  млрд: 1e9,
  миллиард: 1e9,
  миллиарда: 1e9,
  миллиардов: 1e9,
};

/** "1,000" is a thousand in English and one in Russian; "3,5" is three and a half in both. */
function numberIn(said: string, russian: boolean): number {
  const plain = said.replaceAll(/[ \u00a0]/g, "").replace("−", "-");
  if (/^-?\d{1,3}(,\d{3})+(\.\d+)?$/.test(plain) && (!russian || plain.split(",").length > 2)) {
    return Number(plain.replaceAll(",", ""));
  }
  return Number(/^-?\d+,\d+$/.test(plain) ? plain.replace(",", ".") : plain);
}

function findNumberWords(text: string, words: readonly Word[]): NumberSpan[] {
  const spans: NumberSpan[] = [];
  let at = 0;
  while (at < words.length) {
    let total = 0;
    let group = 0;
    let to = at;
    let last = Number.POSITIVE_INFINITY;
    while (to < words.length) {
      const word = words[to];
      const gap = to > at ? text.slice(words[to - 1]?.end, word?.start) : "";
      const value = word && /^[\s-]*$/.test(gap) ? numberWord(word.lower) : undefined;
      if (value === undefined) {
        // "two hundred and five"
        const isAnd =
          word?.lower === "and" && last >= 100 && last < 1e3 && (numberWord(words[to + 1]?.lower ?? "") ?? 100) < 100;
        if (!isAnd) break;
      } else if (value >= 1e3) {
        total += (group || 1) * value;
        group = 0;
        last = 1e3;
      } else if (value === 100 && group > 0 && group < 10) {
        group *= 100;
        last = 100;
      } else {
        // "one two" is two numbers; "twenty one" is one.
        const fits =
          to === at || last === 1e3 || (last >= 100 && value < 100) || (last >= 20 && last < 100 && value < 10);
        if (!fits) break;
        group += value;
        last = value;
      }
      to++;
    }
    const first = words[at];
    const final = words[to - 1];
    if (to > at && first && final) {
      spans.push({
        value: total + group,
        start: first.start,
        end: final.end,
        said: text.slice(first.start, final.end),
      });
      at = to;
    } else at++;
  }
  return spans;
}

function numberWord(lower: string): number | undefined {
  const joined = /^([a-z]+ty)-([a-z]+)$/.exec(lower);
  if (joined) {
    const tens = numberWords.get(joined[1] ?? "");
    const ones = numberWords.get(joined[2] ?? "");
    return tens !== undefined && ones !== undefined ? tens + ones : undefined;
  }
  return numberWords.get(lower);
}

const numberWords = new Map<string, number>();
for (const row of `0 zero ноль нуль ноля
1.5 полтора полторы
1 one once один одна одну одного одно одной
2 two twice дважды два две двух двум двумя двоих пару пара
3 three thrice трижды три трех трем тремя трое троих
4 four четыре четырех четырем четверо четверых
5 five пять пяти пятью пятеро пятерых
6 six шесть шести шестью шестерых
7 seven семь семи семью
8 eight восемь восьми
9 nine девять девяти
10 ten десять десяти десятью
11 eleven одиннадцать одиннадцати
12 twelve dozen двенадцать двенадцати дюжина дюжину
13 thirteen тринадцать
14 fourteen четырнадцать
15 fifteen пятнадцать пятнадцати
16 sixteen шестнадцать
17 seventeen семнадцать
18 eighteen восемнадцать
19 nineteen девятнадцать
20 twenty двадцать двадцати
30 thirty тридцать тридцати
40 forty сорок сорока
50 fifty пятьдесят пятидесяти
60 sixty шестьдесят
70 seventy семьдесят
80 eighty восемьдесят
90 ninety девяносто
100 hundred сто ста
200 двести
300 триста
400 четыреста
500 пятьсот
600 шестьсот
700 семьсот
800 восемьсот
900 девятьсот
1000 thousand тысяча тысячи тысяч тысячу
1000000 million миллион миллиона миллионов`.split("\n")) {
  const [value, ...spellings] = row.split(" ");
  for (const spelling of spellings) numberWords.set(spelling, Number(value));
}
