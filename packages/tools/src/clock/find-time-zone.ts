// The time zone that somebody means: an IANA name, an offset, or a city or a country in English or Russian.

import { inputError } from "../input-error.ts";
import { areAlike, stemsOf } from "../word-stems.ts";
import { countryZones, otherNames } from "./time-zone-names.ts";

/** `note` is there where the country has more zones than this one. */
export type FoundZone = { timeZone: string; note?: string };

/** @throws BesedaError `invalid-argument` that lists zones of similar names. */
export function findTimeZone(text: string): FoundZone {
  const name = text.trim();
  const timeZone = offsetZone(name) ?? (places().exact.has(keyOf(name)) ? undefined : ianaZone(name));
  if (timeZone) return { timeZone };
  const found = placeIn(name);
  if (found) return found;
  const near = nearTo(name);
  throw inputError(
    `"${name.slice(0, 60)}" is not a time zone, city or country that is known here. ` +
      (near.length > 0 ? `Similar: ${near.join(", ")}. ` : "") +
      "Give an IANA name such as Europe/Moscow, an offset such as UTC+3, or a large city.",
  );
}

/**
 * Whole hours, as the zones Etc/GMT… of the IANA have them; their sign is the other way round. Half hours are left to
 * Intl, which takes them from Node 22 on.
 */
function offsetZone(name: string): string | undefined {
  const [, sign, hours] = /^(?:utc|gmt)?\s*([+\-−])\s*0?(\d{1,2})(?::?00)?$/i.exec(name) ?? [];
  if (!sign || !hours) return undefined;
  if (Number(hours) === 0) return "UTC";
  return ianaZone(`Etc/GMT${sign === "+" ? "-" : "+"}${Number(hours)}`);
}

function ianaZone(name: string): string | undefined {
  try {
    const { timeZone } = new Intl.DateTimeFormat("en-US", { timeZone: name }).resolvedOptions();
    // Intl prefers names of long ago, such as Asia/Calcutta: the one that was asked for is kept.
    return timeZone.toLowerCase() === name.toLowerCase() ? timeZone : name;
  } catch {
    return undefined;
  }
}

/** The whole text, then any one to four words of it: models like to say more than the name. */
function placeIn(text: string): FoundZone | undefined {
  const words = stemsOf(text).slice(0, 20);
  const { exact } = places();
  let found: FoundZone | undefined;
  for (let length = Math.min(words.length, 4); length > 0; length--) {
    for (let start = 0; start + length <= words.length; start++) {
      const place = exact.get(words.slice(start, start + length).join(" "));
      // In "USA, Chicago" the city says more than the country.
      if (place && (!found || found.note)) found = place;
    }
    if (found) return found;
  }
  // Саратове and Саратов keep different endings.
  const alike = [...exact].filter(([key]) => areAlike(key, words.join(" ")));
  return alike.length === 1 ? alike[0]?.[1] : undefined;
}

function keyOf(name: string): string {
  return stemsOf(name).join(" ");
}

type Places = { exact: Map<string, FoundZone>; zones: string[] };
let loaded: Places | undefined;

/** Made at the first question: about a thousand names. */
function places(): Places {
  if (loaded) return loaded;
  const exact = new Map<string, FoundZone>();
  const zones = Intl.supportedValuesOf("timeZone");
  const countryNames = ["en", "ru"].map((language) => new Intl.DisplayNames([language], { type: "region" }));
  for (const timeZone of zones) exact.set(keyOf(timeZone.slice(timeZone.lastIndexOf("/") + 1)), { timeZone });
  for (const [area, list] of Object.entries(countryZones)) {
    for (const entry of list.split(", ")) {
      const [code = "", city] = entry.split(" ");
      const place = placeOf(code, `${area}/${city}`);
      for (const names of countryNames) exact.set(keyOf(names.of(code.slice(0, 2)) ?? code), place);
    }
  }
  for (const [timeZone, names] of Object.entries(otherNames)) {
    for (const name of names.split(", ")) exact.set(keyOf(name), placeOf(name, timeZone));
  }
  loaded = { exact, zones };
  return loaded;
}

/** A star at the name says that the country has more zones. */
function placeOf(name: string, timeZone: string): FoundZone {
  if (!name.endsWith("*")) return { timeZone };
  return {
    timeZone,
    note: `The country has several time zones; this is ${timeZone}. Ask again with a city for another.`,
  };
}

/** Up to five zones whose city is spelled most alike. */
function nearTo(name: string): string[] {
  const wanted = name
    .slice(name.lastIndexOf("/") + 1)
    .toLowerCase()
    .replaceAll("_", " ")
    .slice(0, 30);
  const rated = places().zones.map((timeZone) => {
    const city = timeZone
      .slice(timeZone.lastIndexOf("/") + 1)
      .toLowerCase()
      .replaceAll("_", " ");
    return { timeZone, distance: city.includes(wanted) && wanted.length > 2 ? 1 : distance(wanted, city) };
  });
  return rated
    .filter((each) => each.distance <= Math.max(2, wanted.length / 3))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 5)
    .map((each) => each.timeZone);
}

/** Levenshtein: letters to change, add or leave out. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(change, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row[b.length] ?? 0;
}
