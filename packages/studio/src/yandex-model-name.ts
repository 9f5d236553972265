// What the commands for Yandex AI Studio take as the name of a model: `yandex:<model>`, as everywhere, or the model alone.
import { BesedaError } from "@beseda/core";

/** @throws BesedaError `invalid-argument` for a model of somebody else */
export function yandexModelName(id: string | undefined): string | undefined {
  const name = id?.trim().replace(/^yandex:/, "");
  if (name === undefined || (name !== "" && name !== "offline" && !/^\w+:(?!\/\/)/.test(name))) return name;
  throw new BesedaError(`“${id}” is no model of Yandex AI Studio.`, {
    code: "invalid-argument",
    hint: "Give its name, such as yandex-art/latest, or its whole URI; without --model the usual one is taken.",
  });
}
