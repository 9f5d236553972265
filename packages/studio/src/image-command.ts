// `beseda image`: a picture, painted after a text, in a file.
import { setTimeout } from "node:timers/promises";
import {
  BesedaError,
  type GeneratedImage,
  type ImageModel,
  type ImageRequest,
  type Operation,
  type Operations,
  throughOperation,
  toBesedaError,
} from "@beseda/core";
import { ProgressLine } from "./progress-line.ts";
import { reserveFile } from "./reserve-file.ts";
import { untilStopped } from "./until-stopped.ts";
import { writeJson, writeLines } from "./write-lines.ts";
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
    const { picture, id } = await paint(artist, request);
    await file.keep(picture.bytes).catch((thrown) => {
      throw withOperation(toBesedaError(thrown), id);
    });
    const { bytes, ...told } = picture;
    const kilobytes = Math.ceil(bytes.length / 1024);
    if (json) writeJson({ file: output, bytes: bytes.length, ...told });
    else writeLines([`${output}: ${kilobytes} KB, ${[told.mediaType, ...priceOf(told)].join(", ")}`]);
    return 0;
  } finally {
    await file.release();
  }
}

/** `id` is that of the operation, where the model has operations. */
type Painted = { picture: GeneratedImage; id?: string | undefined };

async function paint(artist: ImageModel, request: ImageRequest): Promise<Painted> {
  if (artist.operations) return paintInTime(artist.operations, request);
  return untilStopped(
    async (signal) => ({ picture: await artist.generate(request, { signal }) }),
    () => "A model that paints at once cannot be called off: the picture may be billed.",
  );
}

async function paintInTime(operations: Operations<ImageRequest, GeneratedImage>, request: ImageRequest) {
  const progress = new ProgressLine();
  const startedAt = performance.now();
  let id: string | undefined;
  const onProgress = (operation: { id: string }) => {
    id = operation.id;
    progress.show(`Painting ${id}, ${Math.round((performance.now() - startedAt) / 1_000)} s`);
  };
  const { watched, whatBecame } = watch(operations);
  try {
    return await untilStopped(async (signal) => {
      const picture = await throughOperation(watched, request, { signal, onProgress });
      return { picture, id };
    }, whatBecame);
  } finally {
    progress.clear();
  }
}

/** How long the process stays, once it is stopped, to call off what was begun. */
const graceMs = 5_000;

/** throughOperation() calls off what nobody waits for, but the process would not wait for that. */
function watch(operations: Operations<ImageRequest, GeneratedImage>) {
  let begun: Promise<Operation<GeneratedImage>> | undefined;
  let calledOff: Promise<Operation<GeneratedImage>> | undefined;
  const watched: Operations<ImageRequest, GeneratedImage> = {
    submit(request, options) {
      begun = operations.submit(request, options);
      return begun;
    },
    poll: (id, options) => operations.poll(id, options),
    cancel(id, options) {
      calledOff = operations.cancel(id, options);
      return calledOff;
    },
  };
  let unknown = "It is not known whether the picture was accepted; it may be billed.";
  async function outcome(): Promise<string> {
    try {
      const operation = await begun;
      unknown = `It is not known whether the picture ${operation?.id} was called off; it may be billed.`;
      const ended = await calledOff;
      if (!ended) return unknown;
      return ended.response ? `The picture ${operation?.id} was painted by then.` : "The picture was called off.";
    } catch (thrown) {
      // What was still waiting for its turn is never sent.
      return toBesedaError(thrown).code === "aborted" ? "The picture was not asked for yet." : unknown;
    }
  }
  const whatBecame = () =>
    Promise.race([outcome(), setTimeout(graceMs, undefined, { ref: false }).then(() => unknown)]);
  return { watched, whatBecame };
}

function withOperation(error: BesedaError, id: string | undefined): BesedaError {
  if (id === undefined) return error;
  return error.with({ hint: `${error.hint} Its operation is ${id}, whose result the service keeps for three days.` });
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
