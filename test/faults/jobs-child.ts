// A worker process that the tests of the embedded engine kill, stop and race: it says what it was promised.
// node --import tsx jobs-child.ts <work | write | open | wait> <folder> <leaseMs>
import { localEngine } from "@beseda/jobs";

const [, , task, folder = "", leaseMs] = process.argv;
const engine = localEngine(folder, { leaseMs: Number(leaseMs) });
// Pipes are written to at once, outside Windows: what was said is out before the kill.
const say = (line: string) => process.stdout.write(`${line}\n`);
const stop = new AbortController();
if (task !== "wait") process.stdin.resume().on("end", () => stop.abort());
const claim = () => engine.claim({ queue: "q", kinds: ["run"], signal: stop.signal });

if (task === "wait") {
  // Nothing else is left to do: the process ends, since a claim does not keep it.
  void claim().then(() => say("claimed"));
  say("waiting");
} else await work();

async function work(): Promise<void> {
  try {
    if (task === "open") {
      await engine.create({ id: `of ${process.pid}`, queue: "other", kind: "run", spec: null });
      say("opened");
    } else say("ready");
    for (let lease = await claim(); lease; lease = await claim()) {
      say(`claimed ${lease.job.id}`);
      // Until it is killed, or refused.
      for (let n = 0; task === "write"; n++) {
        await lease.write([[`row/${n}`, { n, by: process.pid }]]);
        say(`kept ${n}`);
      }
      await lease.write([["by", process.pid]]);
      await lease.finish({ response: process.pid });
      say(`finished ${lease.job.id}`);
    }
    await engine.close();
  } catch (thrown) {
    const code = thrown instanceof Error && "code" in thrown ? thrown.code : "";
    say(`failed ${code} ${thrown}`);
    process.exit(1);
  }
}
