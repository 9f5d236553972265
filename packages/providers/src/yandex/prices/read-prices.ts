// A table of prices out of a file.
import { readFileSync } from "node:fs";
import { BesedaError } from "@beseda/core";
import { toPrices, type YandexPrices } from "./prices.ts";

/** @throws BesedaError `missing-setting` for a file that is not there, `invalid-argument` for one that holds no such table */
export function readPrices(path: string): YandexPrices {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (cause) {
    throw new BesedaError(`The table of prices ${path} cannot be read.`, {
      code: "missing-setting",
      hint: "Correct YC_PRICES_FILE, or leave it out: then the prices apply that come with the package.",
      cause,
    });
  }
  let table: unknown;
  try {
    table = JSON.parse(text);
  } catch (cause) {
    throw new BesedaError(`The table of prices ${path} is not JSON.`, {
      code: "invalid-argument",
      hint: "Correct it; JSON.stringify(yandexPrices) shows how one looks.",
      cause,
    });
  }
  return toPrices(table);
}
