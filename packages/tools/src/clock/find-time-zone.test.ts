import { BesedaError } from "@beseda/core";
import { expect, it } from "vitest";
import { findTimeZone } from "./find-time-zone.ts";
import { countryZones, otherNames } from "./time-zone-names.ts";

it.each([
  ["Europe/Moscow", "Europe/Moscow"],
  ["europe/paris", "Europe/Paris"],
  ["Asia/Kolkata", "Asia/Kolkata"],
  ["Tokyo", "Asia/Tokyo"],
  ["buenos aires", "America/Buenos_Aires"],
  ["San Francisco", "America/Los_Angeles"],
  ["Kyiv", "Europe/Kiev"],
  ["Germany", "Europe/Berlin"],
  ["Токио", "Asia/Tokyo"],
  ["Нью-Йорк", "America/New_York"],
  ["мск", "Europe/Moscow"],
  ["Германия", "Europe/Berlin"],
  ["во Владивостоке", "Asia/Vladivostok"],
  ["Саратове", "Europe/Saratov"],
  ["Великобритании", "Europe/London"],
  ["what time is it in London", "Europe/London"],
  ["USA, Chicago", "America/Chicago"],
  ["UTC+3", "Etc/GMT-3"],
  ["-05:00", "Etc/GMT+5"],
  ["UTC", "UTC"],
  ["EST", "America/New_York"],
])("%s means %s", (text, timeZone) => {
  expect(findTimeZone(text)).toMatchObject({ timeZone });
});

it.each(["USA", "США", "Brazil", "Россия", "в Австралии"])("says that %s has several time zones", (country) => {
  expect(findTimeZone(country).note).toContain("several time zones");
  expect(findTimeZone("Japan").note).toBeUndefined();
});

it.each([
  ["Europe/Mosow", "Europe/Moscow"],
  ["Tokio", "Asia/Tokyo"],
  ["Melburne", "Australia/Melbourne"],
])("lists zones like the unknown %s", (text, near) => {
  expect(() => findTimeZone(text)).toThrow(near);
});

it.each(["", "Atlantis", "__proto__", "constructor", "UTC+99", "x".repeat(100_000), "я ".repeat(50_000)])(
  "refuses the unknown with advice, case %#",
  (text) => {
    expect(() => findTimeZone(text)).toThrow(BesedaError);
    expect(() => findTimeZone(text)).toThrow("Give an IANA name such as Europe/Moscow");
  },
);

it("every zone of its tables is one that this Node knows, and every country has a name", () => {
  const zones = Object.entries(countryZones).flatMap(([area, list]) =>
    list.split(", ").map((entry) => `${area}/${entry.split(" ")[1]}`),
  );
  for (const timeZone of [...zones, ...Object.keys(otherNames)]) {
    expect(() => new Intl.DateTimeFormat("en", { timeZone }), timeZone).not.toThrow();
  }
  const names = new Intl.DisplayNames(["en"], { type: "region", fallback: "none" });
  const codes = Object.values(countryZones).flatMap((list) => list.split(", ").map((entry) => entry.slice(0, 2)));
  expect(codes.filter((code) => names.of(code) === undefined)).toEqual([]);
  expect(codes.length).toBeGreaterThan(220);
});
