// What models and tools write, made harmless for a terminal: nothing in it can move the cursor, recolour or retitle.

/** Control characters become visible signs (ESC is `␛`); line breaks and tabs stay, carriage returns are dropped. */
export function safeText(text: string): string {
  return text.replace(dangerous, visible);
}

/** On one line, harmless, and at most about `maxChars` long; a shortened text says how long it was. */
export function oneLine(text: string, maxChars: number): string {
  const line = (head: string) => safeText(head).replace(/\s+/g, " ").trim();
  if (text.length <= maxChars) return line(text);
  const isCut = text.charCodeAt(maxChars) >= 0xdc00 && text.charCodeAt(maxChars) <= 0xdfff;
  return `${line(text.slice(0, isCut ? maxChars - 1 : maxChars))}… (${text.length} characters)`;
}

/** C0 and C1 controls, DEL, and the marks that turn the direction of writing, which can show a text as another one. */
const dangerous = /[^\P{Cc}\n\t]|[\u202a-\u202e\u2066-\u2069]/gu;

function visible(control: string): string {
  const code = control.charCodeAt(0);
  if (control === "\r") return "";
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? "\u2421" : "\ufffd";
}
