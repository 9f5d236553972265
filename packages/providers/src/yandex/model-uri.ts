// The names of models: what the user writes, as the URI that the service wants.
import { BesedaError } from "@beseda/core";

export type ModelScheme = "gpt" | "cls" | "emb" | "art";

/** `scheme://folder/name/version@tune`; `version` is `latest` where none is said. */
export type ModelUri = { scheme: string; folder: string; name: string; version: string; tune?: string };

/**
 * `yandexgpt`, `yandexgpt/rc`, `yandexgpt-lite/latest@tamr…` and whole URIs, among them those of dedicated instances.
 * A whole URI is left as it is.
 *
 * @throws BesedaError `invalid-argument` for what can be no model, or one of another kind; `missing-setting` where the folder is not known
 */
export function toModelUri(model: string, scheme: ModelScheme, folderId: string | undefined): string {
  const given = String(model ?? "").trim();
  if (given.includes("://")) {
    const uri = parseModelUri(given);
    if (uri?.scheme === scheme) return given;
    throw new BesedaError(`"${given}" is not the URI of such a model.`, {
      code: "invalid-argument",
      hint: `It has to look like ${scheme}://<folder>/<name>/<version>.`,
    });
  }
  if (!/^[\w.-]+(\/[\w.-]+(@\w+)?)?$/.test(given)) {
    throw new BesedaError(`"${given}" cannot be the name of a model.`, {
      code: "invalid-argument",
      hint: "Names look like yandexgpt/latest; yandex.models(), or “beseda models”, tells which there are.",
    });
  }
  if (!folderId) {
    throw new BesedaError(`The folder of the model ${given} is not known.`, {
      code: "missing-setting",
      hint: `Set folderId or YC_FOLDER_ID, or give the whole URI, such as ${scheme}://<folder>/${given}.`,
    });
  }
  return `${scheme}://${folderId}/${given.includes("/") ? given : `${given}/latest`}`;
}

export function parseModelUri(uri: string): ModelUri | undefined {
  const [, scheme, folder, name, version = "latest", tune] =
    /^([a-z]+):\/\/([\w.-]+)\/([\w.-]+)(?:\/([\w.-]+)(?:@(\w+))?)?$/.exec(uri) ?? [];
  if (scheme === undefined || folder === undefined || name === undefined) return undefined;
  return { scheme, folder, name, version, ...(tune !== undefined && { tune }) };
}
