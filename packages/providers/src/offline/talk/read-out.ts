// A tool's output as a person would read it out: JSON becomes lines, keys become words.
import { wordsOfName } from "../language/words.ts";

export type Tongue = "en" | "ru";

const longestText = 1_500;
const longestList = 10;

/** Never JSON, never longer than about 2,000 characters. `given` are the arguments: what only repeats them is left out. */
export function readable(output: string, tongue: Tongue, given: Record<string, unknown> = {}): string {
  const value = parsed(output);
  if (typeof value !== "object" || value === null) return scalar(value, tongue);
  return (Array.isArray(value) ? list(value, tongue) : object(value as Record<string, unknown>, tongue, given)).trim();
}

function parsed(output: string): unknown {
  if (!/^\s*[[{"\d\-tfn]/.test(output)) return output;
  try {
    return JSON.parse(output);
  } catch {
    return output;
  }
}

function scalar(value: unknown, tongue: Tongue): string {
  if (value === null || value === undefined || value === "") return tongue === "ru" ? "Ничего." : "Nothing.";
  if (value === true) return tongue === "ru" ? "да" : "yes";
  if (value === false) return tongue === "ru" ? "нет" : "no";
  if (typeof value === "number") return tongue === "ru" ? String(value).replace(".", ",") : String(value);
  const text = (tongue === "ru" && russianDays.get(String(value).toLowerCase())) || String(value).trim();
  if (text === "Done." && tongue === "ru") return "Готово.";
  return text.length > longestText ? `${text.slice(0, longestText).replace(/\s+\S*$/, "")} …` : text;
}

function list(values: readonly unknown[], tongue: Tongue): string {
  if (values.length === 0) return tongue === "ru" ? "Ничего не найдено." : "Nothing was found.";
  const shown = values.slice(0, longestList);
  const more = values.length - shown.length;
  const rest = more > 0 ? [tongue === "ru" ? `… и ещё ${more}` : `… and ${more} more`] : [];
  const isShort = shown.every((value) => typeof value !== "object" && String(value).length < 30);
  if (isShort) return [...shown.map((value) => scalar(value, tongue)), ...rest].join(", ");
  return [...shown.map((value) => `- ${inLine(value, tongue)}`), ...rest].join("\n");
}

function object(value: Record<string, unknown>, tongue: Tongue, given: Record<string, unknown>): string {
  const repeated = Object.values(given)
    .filter((each) => typeof each !== "object")
    .map((each) => String(each).toLowerCase());
  const said = Object.entries(value).filter(([, each]) => each !== null && each !== undefined && each !== "");
  const full = said.filter(([, each]) => !(Array.isArray(each) && each.length === 0));
  const entries = full.length > 0 ? full : said;
  const news = entries.filter(([, each]) => typeof each === "object" || !repeated.includes(String(each).toLowerCase()));
  const shown = news.length > 0 ? news : entries;
  if (shown.length === 0) return tongue === "ru" ? "Готово." : "Done.";
  const [single] = shown;
  if (shown.length === 1 && single) return alone(single, tongue);
  const nested = shown.filter(([, each]) => typeof each === "object");
  const plain = shown.filter(([, each]) => typeof each !== "object").map(([key, each]) => pair(key, each, tongue));
  const below = nested.map(([key, each]) => {
    const inner = Array.isArray(each) ? list(each, tongue) : inLine(each, tongue);
    return `${title(key, tongue)}:${/^- |\n/.test(inner) ? `\n${inner}` : ` ${inner}`}`;
  });
  return [plain.join(", "), ...below].filter(Boolean).join("\n");
}

/** One thing is said without its name where the name says nothing. */
function alone([key, value]: [string, unknown], tongue: Tongue): string {
  if (/^(?:ok|success|done|sent|created|saved|deleted|updated)$/i.test(key) && value === true)
    return tongue === "ru" ? "Готово." : "Done.";
  if (
    /^(?:result|answer|value|output|text|message|content|response|note|items|results|data|summary|translation|translated)$/i.test(
      key,
    )
  ) {
    return Array.isArray(value)
      ? list(value, tongue)
      : typeof value === "object"
        ? inLine(value, tongue)
        : scalar(value, tongue);
  }
  const inner = Array.isArray(value) ? list(value, tongue) : inLine(value, tongue);
  return `${title(key, tongue)}:${/^- |\n/.test(inner) ? `\n${inner}` : ` ${inner}`}`;
}

function inLine(value: unknown, tongue: Tongue, depth = 0): string {
  if (typeof value !== "object" || value === null) return scalar(value, tongue);
  if (depth > 2) return "…";
  if (Array.isArray(value))
    return value
      .slice(0, longestList)
      .map((each) => inLine(each, tongue, depth + 1))
      .join(", ");
  const main = Object.entries(value).find(([key, each]) => mainKey.test(key) && typeof each === "string");
  const rest = Object.entries(value).filter(([key]) => key !== main?.[0]);
  const details = rest
    .slice(0, longestList)
    .map(([key, each]) =>
      typeof each === "object" && each !== null
        ? `${title(key, tongue)}: ${inLine(each, tongue, depth + 1)}`
        : pair(key, each, tongue),
    )
    .join(", ");
  if (!main) return details;
  return details ? `${scalar(main[1], tongue)} (${details})` : scalar(main[1], tongue);
}

/** What an entry of a list is, as against what is said of it. */
const mainKey = /^(?:title|name|text|fact|question|subject|headline|label)$/i;

function pair(key: string, value: unknown, tongue: Tongue): string {
  return `${title(key, tongue)}: ${scalar(value, tongue)}`;
}

function title(key: string, tongue: Tongue): string {
  if (tongue === "ru" && /[a-z]/i.test(key))
    return (
      russianKeys.get(key.toLowerCase()) ??
      wordsOfName(key)
        .map((word) => russianKeys.get(word) ?? word)
        .join(" ")
    );
  return wordsOfName(key).join(" ");
}

const russianDays = new Map([
  ["monday", "понедельник"],
  ["tuesday", "вторник"],
  ["wednesday", "среда"],
  ["thursday", "четверг"],
  ["friday", "пятница"],
  ["saturday", "суббота"],
  ["sunday", "воскресенье"],
]);

const russianKeys = new Map(
  `city город;temperature температура;temp температура;degrees градусов;sky небо;wind ветер;humidity влажность;conditions условия;
condition условия;description описание;forecast прогноз;status статус;price цена;amount сумма;total итого;currency валюта;rate курс;
converted результат;result результат;date дата;time время;day день;weekday день недели;timezone часовой пояс;name имя;title название;
email почта;phone телефон;address адрес;country страна;capital столица;population население;language язык;count количество;id номер;
quantity количество;items позиции;order заказ;delivery доставка;arrives прибудет;arrival прибытие;departure отправление;message сообщение;
text текст;translation перевод;error ошибка;author автор;year год;rating оценка;distance расстояние;duration длительность;value значение;
unit единица;units единицы;expression выражение;note примечание;symbol тикер;balance баланс;due срок;done выполнено;priority приоритет;
from откуда;to куда;number номер;area площадь;product товар;stock остаток;available доступно;user пользователь;age возраст;
url адрес;summary кратко;subject тема;body текст;sum сумма;average среднее;rolls броски;created создано;updated изменено;facts факты;
fact факт;key ключ`
    .replaceAll("\n", "")
    .split(";")
    .map((each): [string, string] => {
      const [key = "", ...words] = each.trim().split(" ");
      return [key, words.join(" ")];
    }),
);
