// What an answer rests on, as a short list for people: pages by their address, files by their name.
import type { StreamPart } from "@beseda/core";

type SourcePart = Extract<StreamPart, { type: "source" }>;

/** For one run. A source that several steps name is there once. */
export class SourceList {
  readonly #lines = new Map<string, string>();

  add(part: SourcePart): void {
    const isPage = part.sourceType === "url";
    this.#lines.set(isPage ? part.url : part.id, isPage ? pageLine(part) : fileLine(part));
  }

  /** At most so many, each behind its mark; of the others, how many there are. */
  lines(most: number, mark = ""): string[] {
    const all = [...this.#lines.values()].map((line) => mark + line);
    return all.length > most ? [...all.slice(0, most), `and ${all.length - most} more`] : all;
  }
}

function pageLine({ url, title }: Extract<SourcePart, { sourceType: "url" }>): string {
  return title ? `${title} — ${url}` : url;
}

function fileLine({ title, filename = title }: Extract<SourcePart, { sourceType: "document" }>): string {
  return title === filename ? filename : `${title} — ${filename}`;
}
