// The names of files of jobs: what every kind of storage takes, and nothing that leads out of its place.
import { BesedaError } from "@beseda/core";

const segment = /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/;
/** S3 takes keys of up to 1,024 bytes, most disks names of up to 255. */
const longest = { name: 900, segment: 200 };

/** @throws BesedaError `invalid-argument` */
export function requireFileName(name: string): void {
  const segments = name.split("/");
  const fits = segments.every((each) => segment.test(each) && each.length <= longest.segment);
  if (fits && name.length <= longest.name) return;
  throw new BesedaError(`${shown(name)} is no name of a file.`, {
    code: "invalid-argument",
    hint:
      "A name has parts of at most 200 letters, digits, dots, hyphens and underscores, with / between them; no part " +
      "begins with a dot.",
  });
}

/** The beginning of a name, or nothing. @throws BesedaError `invalid-argument` */
export function requireFilePrefix(prefix: string): void {
  if (prefix === "") return;
  requireFileName(prefix.endsWith("/") ? prefix.slice(0, -1) : prefix);
}

function shown(name: string): string {
  return JSON.stringify(name.length > 60 ? `${name.slice(0, 60)}…` : name);
}
