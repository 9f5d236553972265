// What the model reads of a tool's output: text as it is, everything else as JSON, and never more than the cap.

/** Never throws. Text over `maxChars` keeps its first three quarters and its end, with a note of what is missing between. */
export function outputText(output: unknown, maxChars: number): string {
  const text = typeof output === "string" ? output.toWellFormed() : asJson(output);
  if (text.length <= maxChars) return text;
  const head = clip(text, 0, Math.ceil(maxChars * 0.75));
  const tail = clip(text, text.length - Math.floor(maxChars * 0.25), text.length);
  return `${head}\n[… ${text.length - head.length - tail.length} of ${text.length} characters left out …]\n${tail}`;
}

function asJson(output: unknown): string {
  if (output === undefined) return "Done.";
  const parents: object[] = [];
  try {
    return (
      JSON.stringify(output, function (this: Record<string, unknown>, key, value: unknown) {
        // Buffer has turned itself into a list of numbers by now; the holder still has it.
        const bytes = this[key];
        if (ArrayBuffer.isView(bytes)) return `[${bytes.byteLength} bytes]`;
        if (typeof value === "bigint") return value.toString();
        if (typeof value === "function" || typeof value === "symbol") return `[${typeof value}]`;
        if (typeof value !== "object" || value === null) return value;
        if (value instanceof Map) return Object.fromEntries(value);
        if (value instanceof Set) return [...value];
        if (value instanceof Error) return { error: value.message };
        // `this` is the object that holds the value: everything below it on the path is done with.
        while (parents.length > 0 && parents.at(-1) !== this) parents.pop();
        if (parents.includes(value)) return "[circular]";
        parents.push(value);
        return value;
      }) ?? "Done."
    );
  } catch (error) {
    return `[the output cannot be shown as text: ${error instanceof Error ? error.message : "unknown reason"}]`;
  }
}

/** A slice that never cuts a character of two UTF-16 units in half. */
function clip(text: string, start: number, end: number): string {
  const isLow = (at: number) => text.charCodeAt(at) >= 0xdc00 && text.charCodeAt(at) <= 0xdfff;
  return text.slice(isLow(start) ? start + 1 : start, isLow(end) ? end - 1 : end);
}
