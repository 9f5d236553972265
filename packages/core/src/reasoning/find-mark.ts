// Marks such as tags in text that comes in pieces.

/** Whether the mark stands at `at`; `partial` where the text ends before that can be told. */
export function markAt(text: string, at: number, mark: string): "whole" | "partial" | "none" {
  if (text.charCodeAt(at) !== mark.charCodeAt(0)) return "none";
  if (text.startsWith(mark, at)) return "whole";
  return text.length - at < mark.length && mark.startsWith(text.slice(at)) ? "partial" : "none";
}

/**
 * The first of the marks; of two that begin alike the longer one has to be given first. Without a `mark` there is none
 * before `at`, where the text ends or one may begin. Looks at each character once.
 */
export function findMark(text: string, marks: readonly string[]): { at: number; mark?: string } {
  for (let at = 0; at < text.length; at++) {
    for (const mark of marks) {
      const hit = markAt(text, at, mark);
      if (hit === "whole") return { at, mark };
      if (hit === "partial") return { at };
    }
  }
  return { at: text.length };
}
