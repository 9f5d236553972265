// What the service would refuse in any request for a text, refused before anything is sent.
import { BesedaError, type ModelSettings } from "@beseda/core";

/**
 * @param warmest the highest temperature that the model takes
 * @throws BesedaError `invalid-argument` for settings out of range
 */
export function checkedSettings(settings: ModelSettings, warmest = 1): ModelSettings {
  const { temperature, maxOutputTokens } = settings;
  if (temperature !== undefined && !(temperature >= 0 && temperature <= warmest)) {
    throw new BesedaError(`The temperature is ${temperature}; this model takes 0 to ${warmest}.`, {
      code: "invalid-argument",
      hint: `Set settings.temperature to 0 for the likeliest answer, up to ${warmest} for more varied ones, or leave it out.`,
    });
  }
  if (maxOutputTokens !== undefined && !(Number.isSafeInteger(maxOutputTokens) && maxOutputTokens > 0)) {
    throw new BesedaError(`The limit of the answer is ${maxOutputTokens} tokens.`, {
      code: "invalid-argument",
      hint: "Set settings.maxOutputTokens to a whole number above 0, or leave it out.",
    });
  }
  return settings;
}

/** How many characters a text has that has more than `most`; the service counts code points. */
export function charactersAbove(text: string, most: number): number | undefined {
  // Of which there are never more than units of UTF-16.
  if (text.length <= most) return undefined;
  const characters = [...text].length;
  return characters > most ? characters : undefined;
}

export function withoutWords(): BesedaError {
  return new BesedaError("There is nothing to ask: the messages are without a word.", {
    code: "invalid-argument",
    hint: "Give the model a message with some text; the service refuses empty ones.",
  });
}
