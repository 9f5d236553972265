// One message, several requests: "what is 2+2 and what time is it in Tokyo", "…, а потом отправь результат Анне".

/** `after`: to be done when the one before it has its result. */
export type AskedFor = { text: string; after: boolean };

/**
 * `standsAlone` says whether a piece of text asks for something by itself; only then an "and" parts two requests.
 * `refersBack` says whether it needs the result of what was asked before it.
 */
export function findRequests(
  message: string,
  standsAlone: (text: string) => boolean,
  refersBack: (text: string) => boolean,
): AskedFor[] {
  const requests: AskedFor[] = [];
  for (const sentence of sentencesOf(message)) {
    for (const [at, part] of splitOutside(sentence, sequence).entries()) {
      const bare = part.replace(opening, "");
      for (const [index, text] of splitWhereBothStand(bare, standsAlone).entries()) {
        const isNext = ((at > 0 || bare !== part) && index === 0) || (requests.length > 0 && refersBack(text));
        requests.push({ text, after: isNext && requests.length > 0 });
      }
    }
  }
  return joinedPieces(requests, standsAlone, refersBack);
}

const opening = /^(?:and then|then|after that|afterwards|потом|затем|после этого)(?!\p{L})\s*,?\s*/iu;
const sequence =
  /(?:[,;.]\s*|\s+)(?:(?:and|but)\s+)?(?:then|after that|afterwards|after which)\s+|(?:[,;.]\s*|\s+)(?:(?:а|и)\s+)?(?:потом|затем|после этого|после чего)\s+/giu;
const conjunction =
  /\s*(?:,\s*)?(?<!\p{L})(?:and also|and|as well as|plus|also|а также|а ещё|а еще|и ещё|и еще|и|а|ещё|еще)(?!\p{L})\s+|\s*[,;]\s+/giu;

/** A full stop inside a number, an address or quotation marks ends nothing. */
function sentencesOf(message: string): string[] {
  const sentences = splitOutside(message, /(?<=[.!?…])\s+(?=[\p{L}\d"«“(¿¡])|\s*\n+\s*/gu);
  const meant = sentences.filter((sentence) => !courtesy.test(sentence));
  return meant.length > 0 ? meant : sentences;
}

const courtesy =
  /^(?:hi|hello|hey|good (?:morning|afternoon|evening)|thanks|thank you|thx|please|привет|здравствуй(?:те)?|добр\p{L}+ (?:день|утро|вечер)|спасибо|благодарю|пожалуйста)(?: (?:there|in advance|a lot|so much|very much|заранее|большое))?[\s.!]*$/iu;

/** Splits at the pattern, except between quotation marks. */
function splitOutside(text: string, pattern: RegExp): string[] {
  const parts: string[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    if (isQuoted(text, match.index) || match.index === 0) continue;
    parts.push(text.slice(from, match.index));
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function isQuoted(text: string, place: number): boolean {
  for (const match of text.matchAll(/"[^"]*"|“[^”]*”|«[^»]*»|`[^`]*`/g)) {
    if (match.index < place && place < match.index + match[0].length) return true;
  }
  return false;
}

const mostParts = 6;
const mostTries = 12;

function splitWhereBothStand(text: string, standsAlone: (text: string) => boolean): string[] {
  const parts: string[] = [];
  let rest = text;
  let from = 0;
  let tries = 0;
  for (const match of text.matchAll(conjunction)) {
    if (parts.length >= mostParts || tries > mostTries) break;
    if (match.index <= from || isQuoted(text, match.index)) continue;
    const left = text.slice(from, match.index);
    const right = text.slice(match.index + match[0].length);
    // "Paris, France" is one place; a comma parts two requests only before a word that is no name.
    if (/^\s*[,;]\s*$/.test(match[0]) && /^[\p{Lu}\d]/u.test(right)) continue;
    if (/^(?:что|чтобы|that|which|who|если|когда|котор\p{L}+)(?!\p{L})/iu.test(right) && !/\?\s*$/.test(right))
      continue;
    // One word asks for nothing: "запомни, …"
    if (!/\S\s+\S|\d/.test(left.trim())) continue;
    tries++;
    if (!standsAlone(left) || !standsAlone(right)) continue;
    parts.push(left.trim());
    from = match.index + match[0].length;
    rest = right;
  }
  parts.push(rest.trim());
  return parts;
}

/** "Remind me tomorrow. At 5." A sentence that asks for nothing by itself belongs to the one before it. */
function joinedPieces(
  requests: readonly AskedFor[],
  standsAlone: (text: string) => boolean,
  refersBack: (text: string) => boolean,
): AskedFor[] {
  const joined: AskedFor[] = [];
  for (const request of requests) {
    const last = joined.at(-1);
    const isPiece = last && !request.after && !standsAlone(request.text) && !refersBack(request.text);
    if (isPiece) last.text = `${last.text}. ${request.text}`.replace(/([.!?])\. /, "$1 ");
    else joined.push({ ...request });
  }
  return joined;
}
