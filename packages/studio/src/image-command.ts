// `beseda image`: a picture, painted after a text, in a file.
import { BesedaError, type GeneratedImage, type ImageModel, type ImageRequest } from "@beseda/core";
import { ProgressLine } from "./progress-line.ts";
import { reserveFile } from "./reserve-file.ts";
import { yandexModelName } from "./yandex-model-name.ts";

export type ImageOptions = {
  output: string;
  seed?: string;
  aspect?: string;
  model?: string;
  force?: boolean;
  json?: boolean;
};

/**
 * The file is reserved before the picture is asked for, which costs money. Ctrl-C calls the picture off. Resolves to the
 * exit code.
 * @throws BesedaError where there is no picture; then there is no file either
 */
export async function image(
  prompt: string,
  { output, seed, aspect, model, force, json }: ImageOptions,
): Promise<number> {
  const { yandexArt } = await import("@beseda/providers/yandex");
  const artist = yandexArt({ model: yandexModelName(model) });
  const request: ImageRequest = {
    prompt,
    ...(seed !== undefined && { seed: wholeNumber(seed) }),
    // Looked at by the model.
    ...(aspect !== undefined && { aspectRatio: aspect as `${number}:${number}` }),
  };
  const file = await reserveFile(output, { force });
  try {
    const painted = await paint(artist, request);
    if (!painted) {
      process.stderr.write("error: The picture was called off.\n");
      return 130;
    }
    await file.keep(painted.bytes);
    const { bytes, ...told } = painted;
    const kilobytes = Math.ceil(bytes.length / 1024);
    process.stdout.write(
      json
        ? `${JSON.stringify({ file: output, bytes: bytes.length, ...told })}\n`
        : `${output}: ${kilobytes} KB, ${[told.mediaType, ...priceOf(told)].join(", ")}\n`,
    );
    return 0;
  } finally {
    await file.release();
  }
}

/** Nothing where it was stopped. */
async function paint(artist: ImageModel, request: ImageRequest): Promise<GeneratedImage | undefined> {
  const stop = new AbortController();
  const onSignal = () => stop.abort(new BesedaError("The picture was called off.", { code: "aborted" }));
  process.once("SIGINT", onSignal);
  const progress = new ProgressLine();
  const began = performance.now();
  let id: string | undefined;
  try {
    return await artist.generate(request, {
      signal: stop.signal,
      onProgress: (operation) => {
        id = operation.id;
        progress.show(`Painting ${id}, ${Math.round((performance.now() - began) / 1_000)} s`);
      },
    });
  } catch (thrown) {
    if (!stop.signal.aborted) throw thrown;
    // generate() does so too, but the process would not wait for it.
    if (id !== undefined) await artist.operations?.cancel(id, { signal: AbortSignal.timeout(5_000) }).catch(() => {});
    return undefined;
  } finally {
    process.removeListener("SIGINT", onSignal);
    progress.clear();
  }
}

function priceOf({ cost = {} }: Pick<GeneratedImage, "cost">): string[] {
  return Object.entries(cost).map(([currency, amount]) => `${amount} ${currency}`);
}

function wholeNumber(text: string): number {
  if (/^\d+$/.test(text.trim())) return Number(text);
  throw new BesedaError(`“${text}” cannot be the seed of a picture.`, {
    code: "invalid-argument",
    hint: "Give a whole number, such as --seed 42.",
  });
}
