// Whether a line can be told to be no record without parsing it, as is cheap where many lines are none.

const quote = 34;

/** Whether a quote stands wrong in the line, wherever the record ends that begins with it. @param line without its end */
export function hasWrongQuote(line: Buffer, separator: string): boolean {
  const between = separator.charCodeAt(0);
  for (let at = 0; ; ) {
    const open = line.indexOf(quote, at);
    if (open < 0) return false;
    if (open > 0 && line[open - 1] !== between) return true;
    let close = line.indexOf(quote, open + 1);
    while (close >= 0 && line[close + 1] === quote) close = line.indexOf(quote, close + 2);
    if (close < 0 || close + 1 === line.length) return false;
    if (line[close + 1] !== between) return true;
    at = close + 2;
  }
}
