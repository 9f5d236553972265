// HTML cut into tags and text, in one pass and in linear time, however broken it is.

export type HtmlToken =
  | { kind: "text"; text: string }
  | { kind: "tag"; name: string; isClosing: boolean; attributes: string };

/** Their content is not HTML, and ends only with their own tag. */
export const rawElements: ReadonlySet<string> = new Set(
  "script style textarea title noscript iframe xmp noembed noframes".split(" "),
);

/** Comments and declarations are left out. Entities are not decoded. */
export function* htmlTokens(html: string): Generator<HtmlToken> {
  let position = 0;
  while (position < html.length) {
    const start = html.indexOf("<", position);
    if (start !== position) yield { kind: "text", text: html.slice(position, start === -1 ? undefined : start) };
    if (start === -1) return;
    tagStart.lastIndex = start;
    const [, slash, tagName] = tagStart.exec(html) ?? [];
    if (tagName === undefined) {
      position = endOfMarkup(html, start);
      if (position === start + 1) yield { kind: "text", text: "<" };
      continue;
    }
    const end = endOfTag(html, tagStart.lastIndex);
    const name = tagName.toLowerCase();
    const isClosing = slash === "/";
    yield { kind: "tag", name, isClosing, attributes: html.slice(tagStart.lastIndex, end) };
    position = end + 1;
    if (isClosing || !rawElements.has(name)) continue;
    const close = endOfRaw(html, name, position);
    yield { kind: "text", text: html.slice(position, close) };
    position = close;
  }
}

/** The value of an attribute, as it is written; undefined where there is none. */
export function attributeOf(attributes: string, name: string): string | undefined {
  const pattern = new RegExp(`(?:^|[\\s"'/])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)'|([^\\s"'>]+))`, "i");
  const [, double, single, bare] = pattern.exec(attributes.slice(0, 5_000)) ?? [];
  return double ?? single ?? bare;
}

const tagStart = /<(\/?)([a-zA-Z][^\s/>]{0,40})/y;

/** Behind a comment, a doctype or an instruction; behind the `<` where it is only a sign. */
function endOfMarkup(html: string, start: number): number {
  if (html.startsWith("<!--", start)) {
    const end = html.indexOf("-->", start + 2);
    return end === -1 ? html.length : end + 3;
  }
  if (!/[!?/]/.test(html[start + 1] ?? "")) return start + 1;
  const end = html.indexOf(">", start);
  return end === -1 ? html.length : end + 1;
}

/** Where the `>` is, which a quoted attribute may contain. */
function endOfTag(html: string, start: number): number {
  let quote = "";
  let previous = "";
  for (let index = start; index < html.length; index++) {
    const sign = html[index] as string;
    if (quote) quote = sign === quote ? "" : quote;
    else if (sign === ">") return index;
    else if ((sign === '"' || sign === "'") && previous === "=") quote = sign;
    if (sign.trim() !== "") previous = sign;
  }
  return html.length;
}

function endOfRaw(html: string, name: string, start: number): number {
  const close = new RegExp(`</${name}(?=[\\s/>])`, "gi");
  close.lastIndex = start;
  return close.exec(html)?.index ?? html.length;
}
