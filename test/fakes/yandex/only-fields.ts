// Objects inside a body of the OpenAI-compatible doors, of which every field is known.
import { Refusal } from "./refusal.ts";

type Json = Record<string, unknown>;

/** @throws Refusal 400, with the first field that is not among them */
export function onlyFields(item: Json, fields: readonly string[], at: string): void {
  const other = Object.keys(item).find((name) => !fields.includes(name));
  if (other !== undefined) throw new Refusal(3, `Unsupported parameter: '${at}.${other}'`);
}

/** @throws Refusal 400 where two functions have one name */
export function uniqueNames(tools: readonly { name: string }[]): void {
  const twice = tools.find(({ name }, index) => tools.some((each, other) => other > index && each.name === name));
  if (twice) throw new Refusal(3, `Duplicate name in 'tools': '${twice.name}'`);
}
