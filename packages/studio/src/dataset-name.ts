// The name that a dataset gets from its file where the user gives none.
import { createHash } from "node:crypto";
import { basename } from "node:path";

const longest = 63;

/**
 * As the console wants names: up to 63 lower-case letters, digits and dashes, a letter first. Cyrillic letters are written
 * with Latin ones; where others are lost, a digest tells files apart.
 */
export function datasetName(file: string): string {
  const plain = basename(file)
    .normalize("NFC")
    .replace(/\.jsonl?$/i, "")
    .toLowerCase();
  const written = plain.replace(/[а-яё]/g, (letter) => latin[letter] ?? "");
  const digest = /[^\P{L}a-z]|[^\P{N}0-9]/u.test(written) ? `-${digestOf(plain)}` : "";
  const dashed = written.replace(/[^a-z0-9]+/g, "-").replace(/^-|-$/g, "");
  const name = /^[a-z]/.test(dashed) ? dashed : `dataset-${dashed}`;
  return `${name.slice(0, longest - digest.length)}`.replace(/-+$/, "") + digest;
}

const latin: Readonly<Record<string, string>> = Object.fromEntries(
  "а=a б=b в=v г=g д=d е=e ё=e ж=zh з=z и=i й=y к=k л=l м=m н=n о=o п=p р=r с=s т=t у=u ф=f х=kh ц=ts ч=ch ш=sh щ=shch ъ= ы=y ь= э=e ю=yu я=ya"
    .split(" ")
    .map((pair) => pair.split("=")),
);

function digestOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 6);
}
