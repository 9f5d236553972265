// What --max-cost says: an amount and its currency.
import { BesedaError } from "@beseda/core";

const currencies: Readonly<Record<string, string>> = { yandex: "RUB" };

/**
 * `500RUB`, `RUB=500`, or `500` where the prices of the provider have one currency.
 * @throws BesedaError `invalid-argument`
 */
export function costLimit(text: string, provider: string): Record<string, number> {
  const [, before, amount = "", after] = /^(?:([A-Z]{3})=)?(\d+(?:\.\d+)?) ?([A-Z]{3})?$/.exec(text.trim()) ?? [];
  if (!(Number(amount) > 0) || (before && after)) {
    throw new BesedaError(`--max-cost ${text || "“”"} is no amount of money.`, {
      code: "invalid-argument",
      hint: "Give an amount and its currency, such as 500RUB.",
    });
  }
  const currency = before ?? after ?? currencies[provider];
  if (currency) return { [currency]: Number(amount) };
  throw new BesedaError(`--max-cost ${text} names no currency, and none is known for models of ${provider}.`, {
    code: "invalid-argument",
    hint: `Name that of the model's price, such as ${amount}USD; or limit the tokens with --max-tokens.`,
  });
}
