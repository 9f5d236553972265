// What a request that was never recorded has different from the nearest one that was.
import { BesedaError } from "../errors.ts";
import type { JsonValue } from "../message.ts";

type Difference = { path: string; recorded: JsonValue | undefined; asked: JsonValue | undefined };

/** `times` is how often this very request was recorded, where all of its replies have been given out. */
export function tapeMiss(
  file: string,
  asked: JsonValue,
  { recorded, times }: { recorded: readonly JsonValue[]; times: number },
): BesedaError {
  return new BesedaError(`${file} holds no reply for this request: ${reason(asked, recorded, times)}`, {
    code: "rejected",
    hint:
      'Where the change is meant, record anew: delete the file, or use mode: "record". Otherwise ask the same each ' +
      "time: no dates, random ids or changing order in what the model is sent.",
  });
}

function reason(asked: JsonValue, recorded: readonly JsonValue[], times: number): string {
  if (times > 0) return `it was recorded ${times === 1 ? "once" : `${times} times`}, and is asked once more.`;
  const near = nearest(asked, recorded);
  if (!near) return "nothing is recorded in it.";
  const { path, recorded: before, asked: now } = near.difference;
  const [was, is] = excerpts(before, now);
  const place = `number ${near.number} of ${recorded.length}`;
  return `the nearest recorded one (${place}) differs first at ${path || "its whole"}: recorded ${was}, asked ${is}.`;
}

function nearest(
  asked: JsonValue,
  recorded: readonly JsonValue[],
): { number: number; difference: Difference } | undefined {
  let fewest = Number.POSITIVE_INFINITY;
  let found: { number: number; difference: Difference } | undefined;
  for (const [index, request] of recorded.entries()) {
    const [first, ...others] = differences(request, asked, "");
    if (first && others.length < fewest) {
      fewest = others.length;
      found = { number: index + 1, difference: first };
    }
  }
  return found;
}

function differences(recorded: JsonValue | undefined, asked: JsonValue | undefined, path: string): Difference[] {
  if (Array.isArray(recorded) && Array.isArray(asked)) {
    const length = Math.max(recorded.length, asked.length);
    return Array.from({ length }, (_, at) => differences(recorded[at], asked[at], `${path}[${at}]`)).flat();
  }
  if (isObject(recorded) && isObject(asked)) {
    const names = new Set([...Object.keys(recorded), ...Object.keys(asked)]);
    return [...names].flatMap((name) =>
      differences(recorded[name], asked[name], path === "" ? name : `${path}.${name}`),
    );
  }
  return recorded === asked ? [] : [{ path, recorded, asked }];
}

/** Of two long texts, where they begin to differ. */
function excerpts(recorded: JsonValue | undefined, asked: JsonValue | undefined): [string, string] {
  const [was, is] = [recorded, asked].map((value) => (value === undefined ? "nothing" : JSON.stringify(value)));
  if (was === undefined || is === undefined) return ["", ""];
  let same = 0;
  while (same < was.length && was[same] === is[same]) same++;
  const from = Math.max(0, same - 30);
  return [excerpt(was, from), excerpt(is, from)];
}

function excerpt(text: string, from: number): string {
  return `${from > 0 ? "…" : ""}${text.slice(from, from + 100)}${text.length > from + 100 ? "…" : ""}`;
}

function isObject(value: JsonValue | undefined): value is { [name: string]: JsonValue } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
