// Words of Russian and English without their endings, near enough to find "кота" by "кот" and "likes" by "like".

/** The stems of the words of a text, in order. Letters and digits make words. */
export function stemsOf(text: string): string[] {
  return (
    text
      .toLowerCase()
      .replaceAll("ё", "е")
      .match(/[\p{L}\p{N}]+/gu) ?? []
  ).map(stem);
}

/** Equal, or one of them two letters longer at most: what a light stemmer leaves of the same word. */
export function areAlike(a: string, b: string): boolean {
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short === long || (short.length >= 4 && long.length - short.length <= 2 && long.startsWith(short));
}

// The stem is matched as short as possible, but of three letters, so that the longest ending goes.
const russian = new RegExp(
  "^(.{3,}?)(?:иями|ями|ами|иях|иям|ией|ием|ого|его|ому|ему|ыми|ими|ешь|ишь|ете|ите|уют|ают|яют|ует|ает|яет|" +
    "ала|ила|ела|али|или|ели|ать|ять|ить|еть|ыть|ах|ях|ам|ям|ов|ев|ей|ой|ый|ий|ая|яя|ое|ее|ые|ие|ую|юю|" +
    "ым|им|ом|ем|их|ых|ия|ию|ии|ью|ет|ит|ут|ют|ат|ят|ал|ил|ел|у|ю|а|я|о|е|и|ы|ь|й)(?:ся|сь)?$",
);
const english = /^(.{3,}?)(?:ing|ed|es|s|ly|e)$/;
/** Nobody's word is longer; the patterns above look at every length of stem. */
const longestWord = 40;

function stem(word: string): string {
  if (word.length > longestWord) return word;
  if (/^[а-я]/.test(word)) return russian.exec(word)?.[1] ?? word;
  return (english.exec(word)?.[1] ?? word).replace(/y$/, "i");
}
