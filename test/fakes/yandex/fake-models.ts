// Which models the fake has, and what their URIs look like: another folder, another scheme or an unknown name is refused.
import type { FakeAccount } from "./fake-route.ts";
import { Refusal } from "./refusal.ts";

/** A model without its folder. */
export type FakeModel = {
  /** `gpt`, `cls`, `emb` or `art`, and name and branch: `gpt:yandexgpt/latest`. */
  scheme: string;
  tail: string;
  ownedBy: "Yandex" | "OpenAI" | "Google" | "Alibaba";
  /** Tokens; characters of a prompt where the model paints. */
  context: number;
  /** Whether the native API has it. Others are of `/v1` only. */
  isNative: boolean;
  /** Whether it can be shown pictures. */
  takesImages?: true;
  /** How many numbers an embedding can have, from 1. Without it 256, neither more nor less. */
  mostDims?: number;
};

/** A URI that is known, taken apart. */
export type KnownModel = FakeModel & { uri: string; name: string; version: string; tune: string | undefined };

const own = { ownedBy: "Yandex", isNative: true } as const;

export const defaultModels: readonly FakeModel[] = [
  ...["aliceai-llm/latest", "yandexgpt/rc", "yandexgpt/latest", "yandexgpt-lite/latest"].map((tail) => ({
    ...own,
    scheme: "gpt",
    tail,
    context: 32_768,
  })),
  { scheme: "gpt", tail: "qwen3-235b-a22b-fp8/latest", ownedBy: "Alibaba", context: 262_144, isNative: false },
  { scheme: "gpt", tail: "gpt-oss-120b/latest", ownedBy: "OpenAI", context: 131_072, isNative: false },
  { scheme: "gpt", tail: "gpt-oss-20b/latest", ownedBy: "OpenAI", context: 131_072, isNative: false },
  {
    scheme: "gpt",
    tail: "gemma-3-27b-it/latest",
    ownedBy: "Google",
    context: 131_072,
    isNative: false,
    takesImages: true,
  },
  ...["text-search-doc/latest", "text-search-query/latest", "text-embeddings/latest"].map((tail) => ({
    ...own,
    scheme: "emb",
    tail,
    context: 2_000,
  })),
  // Reported by users; whether they take every number up to the most is not known.
  ...["text-embeddings-v2-doc/latest", "text-embeddings-v2-query/latest"].map((tail) => ({
    ...own,
    scheme: "emb",
    tail,
    context: 2_000,
    mostDims: 768,
  })),
  ...["yandexgpt/latest", "yandexgpt-lite/latest"].map((tail) => ({ ...own, scheme: "cls", tail, context: 8_000 })),
  { ...own, scheme: "art", tail: "yandex-art/latest", context: 500 },
  // The 500 characters are YandexART's; no limit of newer models is known.
  { ...own, scheme: "art", tail: "aliceai-image-art-3.0/latest", context: Number.POSITIVE_INFINITY },
];

export class FakeModels {
  readonly #models: readonly FakeModel[];
  readonly #account: FakeAccount;
  readonly #tuned = new Set<string>();

  constructor(models: readonly FakeModel[], account: FakeAccount) {
    this.#models = models;
    this.#account = account;
  }

  /** From now on the model is known: a whole URI with `@tamr…`. Its base has to be. */
  addTuned(uri: string): void {
    this.#tuned.add(uri);
  }

  get tuned(): readonly string[] {
    return [...this.#tuned];
  }

  /** Tuned ones last. */
  get all(): readonly KnownModel[] {
    const listed = this.#models.map(({ scheme, tail }) => `${scheme}://${this.#account.folderId}/${tail}`);
    return [...listed, ...this.#tuned].map((uri) => this.#known(uri)).filter((model) => model !== undefined);
  }

  /**
   * A missing branch is `latest`, and `deprecated` is what `latest` is.
   *
   * @throws Refusal 400: `Failed to parse model URI`, `Failed to get model`, or that the folder is not the account's
   */
  find(uri: unknown, scheme: string): KnownModel {
    if (typeof uri !== "string" || uri === "") throw new Refusal(3, "Failed to parse model URI: model_uri is empty");
    const parts = partsOf(uri);
    if (!parts || parts.scheme !== scheme) throw new Refusal(3, `Failed to parse model URI ${uri}`);
    const { folderId } = this.#account;
    if (parts.folder !== folderId) {
      throw new Refusal(
        3,
        `Specified folder ID '${parts.folder}' does not match with service account folder ID '${folderId}'`,
      );
    }
    const model = this.#known(uri);
    if (!model) throw new Refusal(3, `Failed to get model ${uri}`);
    return model;
  }

  #known(uri: string): KnownModel | undefined {
    const parts = partsOf(uri);
    if (!parts) return undefined;
    const { scheme, folder, name, version, tune } = parts;
    const branch = version === "deprecated" ? "latest" : version;
    const model = this.#models.find((each) => each.scheme === scheme && each.tail === `${name}/${branch}`);
    if (!model || (tune !== undefined && !this.#tuned.has(`${scheme}://${folder}/${name}/${version}@${tune}`))) {
      return undefined;
    }
    return { ...model, uri, name, version, tune };
  }
}

function partsOf(uri: string) {
  const [, scheme, folder, name, version = "latest", tune] =
    /^([a-z]+):\/\/([\w.-]+)\/([\w.-]+)(?:\/([\w.-]+)(?:@(tamr\w+))?)?$/.exec(uri) ?? [];
  if (scheme === undefined || folder === undefined || name === undefined) return undefined;
  return { scheme, folder, name, version, tune };
}
