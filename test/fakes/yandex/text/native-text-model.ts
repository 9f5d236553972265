// Text models that the native API has: Yandex's own. Those of others are not there for it.
import type { FakeState, KnownModel } from "../fake-service.ts";
import { Refusal } from "../refusal.ts";

/** @throws Refusal 400 */
export function nativeTextModel({ models }: FakeState, uri: string | undefined): KnownModel {
  const model = models.find(uri, "gpt");
  if (!model.isNative) throw new Refusal(3, `Failed to get model ${model.uri}`);
  return model;
}
