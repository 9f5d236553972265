// The process that the crash tests kill: appends as fast as it can, and says what it was promised.
// node --import tsx crash-child.ts <append | hold | exit> <folder>
import { fileMemory } from "../file-memory.ts";
import { wholeThread } from "../fit/window.ts";

const [, , task, folder = ""] = process.argv;
const memory = fileMemory(folder, { window: wholeThread });
// Pipes are written to at once, outside Windows: what was said is out before the kill.
const say = (line: string) => process.stdout.write(`${line}\n`);

try {
  const next = (await memory.load("t")).length;
  say(`open ${process.pid}`);
  if (task === "exit") process.exit(0);
  process.stdin.resume();
  // Messages of many sizes, threads and documents, until it is killed: no more than a slow machine has room for.
  for (let at = next; task === "append" && at < next + 2_000; at++) {
    const content = `${at} ${"ж".repeat(at % 100 === 50 ? 50_000 : (at * 7_919) % 600)}`;
    await memory.append("t", [{ role: "user", content }]);
    say(`kept ${at}`);
    if (at % 10 === 0) await memory.append(`t${at}`, [{ role: "user", content }]);
    if (at % 10 === 5) await memory.store.set("last", at).then(() => say(`set ${at}`));
  }
} catch (thrown) {
  say(`failed ${thrown instanceof Error && "code" in thrown ? thrown.code : ""} ${thrown}`);
  process.exitCode = 1;
}
