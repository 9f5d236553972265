// What is to be painted, as the native API wants it; what it would refuse is refused here.
import { BesedaError, type ImageRequest } from "@beseda/core";
import { wellFormedJson } from "../../wire-text.ts";

/** Of all parts together, in characters as people count them: code points, not bytes. */
const longestPrompt = 500;

/**
 * The body of the request.
 * @throws BesedaError `too-large` for a prompt of more than 500 characters, `invalid-argument` for what cannot be
 */
export function toImageRequest({ prompt, seed, aspectRatio }: ImageRequest, modelUri: string): string {
  const parts = promptParts(prompt);
  const length = parts.reduce((sum, { text }) => sum + [...text].length, 0);
  if (length > longestPrompt) {
    throw new BesedaError(
      `The prompt has ${length} characters, and a picture takes ${longestPrompt}: nothing was sent.`,
      {
        code: "too-large",
        hint: `Leave out ${length - longestPrompt} or more; parts of a prompt count together.`,
      },
    );
  }
  const ratio = aspectRatio === undefined ? undefined : readAspectRatio(aspectRatio);
  return wellFormedJson({
    modelUri,
    messages: parts,
    generationOptions: {
      mimeType: "image/jpeg",
      ...(seed !== undefined && { seed: checkedSeed(seed) }),
      ...(ratio && { aspectRatio: { widthRatio: String(ratio.width), heightRatio: String(ratio.height) } }),
    },
  });
}

type PromptPart = { text: string; weight?: number };

/** @throws BesedaError `invalid-argument` for a prompt without words, or weights that are no numbers */
export function promptParts(prompt: ImageRequest["prompt"]): readonly PromptPart[] {
  const parts = typeof prompt === "string" ? [{ text: prompt }] : prompt;
  if (parts.length === 0 || parts.some(({ text }) => text.trim() === "")) {
    throw new BesedaError("The prompt of the picture, or a part of it, is empty.", {
      code: "invalid-argument",
      hint: "Say what is to be seen, such as “a red fox in the snow, watercolour”.",
    });
  }
  for (const { text, weight = 1 } of parts) {
    if (Number.isFinite(weight)) continue;
    throw new BesedaError(`The weight of “${text}” is no number.`, {
      code: "invalid-argument",
      hint: "Weights are relative: with 2 and 1 the first part counts twice as much.",
    });
  }
  return parts;
}

/** @throws BesedaError `invalid-argument` for what is not two whole numbers above 0 */
export function readAspectRatio(text: string): { width: number; height: number } {
  const [, width, height] = /^\s*(\d+)\s*:\s*(\d+)\s*$/.exec(text) ?? [];
  const ratio = { width: Number(width), height: Number(height) };
  if (isPositive(ratio.width) && isPositive(ratio.height)) return ratio;
  throw new BesedaError(`“${text}” is no aspect ratio.`, {
    code: "invalid-argument",
    hint: "Give width to height in whole numbers, such as 16:9.",
  });
}

function isPositive(number: number): boolean {
  return Number.isSafeInteger(number) && number > 0;
}

/** The service takes them up to 2^63 − 1; a number is exact up to 2^53 − 1. 0 is the same as none: any picture. */
function checkedSeed(seed: number): string {
  if (Number.isSafeInteger(seed) && seed >= 0) return String(seed);
  throw new BesedaError(`${seed} cannot be the seed of a picture.`, {
    code: "invalid-argument",
    hint: `Give a whole number from 1 to ${Number.MAX_SAFE_INTEGER}.`,
  });
}
