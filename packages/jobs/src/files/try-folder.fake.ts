// A folder for one test. Only for the tests of files and of the embedded engine.
import fs from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const made: string[] = [];
/** In memory where there is such a place: these tests flush a thousand files, which a busy disk takes its time for. */
const place = fs.existsSync("/dev/shm") ? "/dev/shm" : tmpdir();

export function newFolder(): string {
  const folder = fs.mkdtempSync(join(place, "beseda-jobs-"));
  made.push(folder);
  return folder;
}

export function removeFolders(): void {
  for (const folder of made.splice(0)) fs.rmSync(folder, { recursive: true, force: true });
}
