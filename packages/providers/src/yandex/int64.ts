// Whole numbers of 64 bits: the native API writes them as texts, the OpenAI-compatible one as numbers.

/** Nothing where it is none, is negative, or is more than a number can hold exactly. */
export function fromInt64(value: unknown): number | undefined {
  const number = typeof value === "string" && value.trim() !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0 ? number : undefined;
}
