// The 27 characters in which windows-1252 is more than Latin-1: quotation marks, dashes, the euro.

/** U+0080 to U+009F, control characters that no page means, as the bytes 80 to 9F of windows-1252. */
export function windows1252(text: string): string {
  return text.replace(/[\x80-\x9f]/g, (control) => characters[control.charCodeAt(0) - 0x80] ?? control);
}

const characters = "€\x81‚ƒ„…†‡ˆ‰Š‹Œ\x8dŽ\x8f\x90‘’“”•–—˜™š›œ\x9džŸ";
