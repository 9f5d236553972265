// What a person reads of a page, as plain text. One pass without a tree: a hostile page nests a million elements, and
// whatever builds a tree of them takes minutes or runs out of stack.
import { decodeHTML } from "entities";
import { attributeOf, htmlTokens, rawElements } from "./html-tokens.ts";
import { TextWriter } from "./text-writer.ts";

export type PageText = { title: string; text: string; isCut: boolean };

/** Shorter than this, the main part of a page was not found. */
const enough = 200;

/**
 * The main part of a page, without menus, scripts and forms; the whole of it where that leaves next to nothing.
 * Headings get `#`, list items `-` or a number, cells `|`, links their absolute address in brackets.
 * `isCut` when there was more than `maxChars`.
 */
export function htmlToText(html: string, baseUrl: string, maxChars: number): PageText {
  const main = read(html, new Reader(baseUrl, chrome, /<main[\s>]/i.test(html)), maxChars);
  if (main.text.length >= enough) return main;
  const whole = read(html, new Reader(baseUrl, rawElements, false), maxChars);
  return main.text === "" || whole.text.length > 2 * main.text.length + enough ? whole : main;
}

function read(html: string, reader: Reader, maxChars: number): PageText {
  for (const token of htmlTokens(html)) {
    if (token.kind === "text") reader.text(token.text);
    else if (token.isClosing) reader.close(token.name);
    else reader.open(token.name, token.attributes);
    if (reader.isDone || reader.writer.length > maxChars) break;
  }
  const text = reader.writer.since(0).trim();
  const title = decodeHTML(reader.title ?? "")
    .replace(/\s+/g, " ")
    .trim()
    .slice(0, 300);
  return { title, text: text.slice(0, maxChars), isCut: text.length > maxChars };
}

/** Nothing in them is meant to be read, or it is the same on every page of a site. */
const chrome: ReadonlySet<string> = new Set([
  ...rawElements,
  ..."template object svg math canvas audio video map nav dialog select datalist button".split(" "),
]);
const headings = new Set("h1 h2 h3 h4 h5 h6".split(" "));
const lists = new Set("ul ol menu".split(" "));
const paragraphs = new Set("blockquote figure p pre table".split(" "));
const lines = new Set(
  (
    "address article aside body caption center dd details div dl dt fieldset figcaption footer form header hgroup " +
    "legend li main option section summary tbody tfoot thead tr"
  ).split(" "),
);

/** Follows the tags, and tells the writer what they mean. */
class Reader {
  readonly writer = new TextWriter();
  title: string | undefined;
  isDone = false;
  readonly #baseUrl: string;
  readonly #skips: ReadonlySet<string>;
  /** The element that is being skipped, and how many of its name are open. */
  #skip: { name: string; depth: number } | undefined;
  #isBeforeMain: boolean;
  #isInTitle = false;
  #link: { address: string; start: number } | undefined;
  /** The lists that are open: the next number, or undefined for bullets. */
  #lists: (number | undefined)[] = [];
  #cells = 0;
  #pres = 0;

  constructor(baseUrl: string, skips: ReadonlySet<string>, hasMain: boolean) {
    this.#baseUrl = baseUrl;
    this.#skips = skips;
    this.#isBeforeMain = hasMain;
  }

  text(text: string): void {
    // Only the first title is the page's.
    if (this.#isInTitle) this.title ??= text;
    if (this.#skip || this.#isBeforeMain) return;
    if (this.#pres > 0) this.writer.writeExactly(decodeHTML(text));
    else this.writer.write(decodeHTML(text));
  }

  open(name: string, attributes: string): void {
    if (this.#skip) {
      if (name === this.#skip.name) this.#skip.depth++;
      return;
    }
    if (name === "main") this.#isBeforeMain = false;
    if (this.#skips.has(name) && !attributes.endsWith("/")) {
      this.#skip = { name, depth: 1 };
      this.#isInTitle = name === "title";
    } else if (!this.#isBeforeMain) this.#begin(name, attributes);
  }

  close(name: string): void {
    if (this.#skip) {
      if (name === this.#skip.name && --this.#skip.depth === 0) this.#skip = undefined;
      if (name === "title") this.#isInTitle = false;
      return;
    }
    if (this.#isBeforeMain) return;
    if (name === "a") this.#closeLink();
    else if (name === "pre") this.#pres = Math.max(0, this.#pres - 1);
    else if (lists.has(name)) this.#lists.pop();
    else if (name === "main") this.isDone = this.writer.length >= enough;
    this.#breakAt(name);
  }

  #begin(name: string, attributes: string): void {
    this.#breakAt(name);
    if (name === "a") this.#openLink(attributes);
    else if (name === "br") this.writer.breakLine(1);
    else if (name === "hr") this.writer.breakLine(2);
    else if (name === "img") this.writer.write(decodeHTML(attributeOf(attributes, "alt") ?? ""));
    else if (name === "li") this.writer.breakLine(1, this.#itemMark());
    else if (headings.has(name)) this.writer.breakLine(2, `${"#".repeat(Number(name[1]))} `);
    else if (lists.has(name)) this.#lists.push(name === "ol" ? 1 : undefined);
    else if (name === "pre") this.#pres++;
    else if (name === "tr") this.#cells = 0;
    else if ((name === "td" || name === "th") && this.#cells++ > 0) this.writer.separate(" | ");
  }

  #breakAt(name: string): void {
    if (lines.has(name)) this.writer.breakLine(1);
    else if (headings.has(name) || paragraphs.has(name)) this.writer.breakLine(2);
    else if (lists.has(name)) this.writer.breakLine(this.#lists.length > 0 ? 1 : 2);
  }

  #itemMark(): string {
    const depth = this.#lists.length;
    const number = this.#lists[depth - 1];
    if (number !== undefined) this.#lists[depth - 1] = number + 1;
    return `${"  ".repeat(Math.min(Math.max(0, depth - 1), 8))}${number === undefined ? "-" : `${number}.`} `;
  }

  #openLink(attributes: string): void {
    // A link cannot hold another.
    this.#closeLink();
    const address = this.#addressOf(attributes);
    if (address) this.#link = { address, start: this.writer.position };
  }

  #closeLink(): void {
    if (!this.#link) return;
    const { address, start } = this.#link;
    this.#link = undefined;
    const text = this.writer.since(start).trim();
    if (text !== "" && !address.replace(/\/$/, "").endsWith(text)) this.writer.append(` (${address})`);
  }

  #addressOf(attributes: string): string | undefined {
    const href = decodeHTML(attributeOf(attributes, "href") ?? "").trim();
    if (href === "" || href.startsWith("#") || !URL.canParse(href, this.#baseUrl)) return undefined;
    const { protocol, href: address } = new URL(href, this.#baseUrl);
    return ["http:", "https:", "mailto:", "tel:"].includes(protocol) && address.length <= 500 ? address : undefined;
  }
}
