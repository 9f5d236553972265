// How a CSV file is written, by its first line: what separates its fields, and what ends its lines.

export type Dialect = { separator: "," | ";" | "\t"; lineEnd: "\n" | "\r" };

const longestLookedAt = 64 * 1024;

/**
 * Of comma, semicolon and tab the one that the first line has most of, outside of quotes. Lines end in \n, with or without a \r
 * before it, or in \r alone where the first one does, as old programs for the Mac write it.
 * @param isAll whether the file has no more than this
 * @returns nothing where more of the file is needed
 */
export function dialectOf(start: Buffer, isAll: true): Dialect;
export function dialectOf(start: Buffer, isAll: false): Dialect | undefined;
export function dialectOf(start: Buffer, isAll: boolean): Dialect | undefined {
  const looked = start.subarray(0, longestLookedAt).toString("latin1");
  const isEnough = isAll || start.length > longestLookedAt;
  const counts = { ",": 0, ";": 0, "\t": 0 };
  let isQuoted = false;
  for (let at = 0; at < looked.length; at++) {
    const sign = looked[at];
    if (sign === '"') isQuoted = !isQuoted;
    else if (isQuoted) continue;
    else if (sign === "\n") return { separator: separatorOf(counts), lineEnd: "\n" };
    else if (sign === "\r") {
      if (at + 1 === looked.length && !isEnough) return undefined;
      if (looked[at + 1] !== "\n") return { separator: separatorOf(counts), lineEnd: "\r" };
    } else if (sign === "," || sign === ";" || sign === "\t") counts[sign]++;
  }
  return isEnough ? { separator: separatorOf(counts), lineEnd: "\n" } : undefined;
}

function separatorOf(counts: Readonly<Record<Dialect["separator"], number>>): Dialect["separator"] {
  if (counts[";"] > counts[","]) return counts["\t"] > counts[";"] ? "\t" : ";";
  return counts["\t"] > counts[","] ? "\t" : ",";
}
