// P1, to the letter: the stream is cut after every byte.
import { it } from "vitest";
import { tell } from "./fault-bench.ts";
import { recordedReply } from "./recorded-reply.ts";
import { runsCutAfter } from "./stream-cuts.ts";

it("A stream that is reset after any byte loses nothing that came, invents nothing, and is asked for again only while nothing was shown", async () => {
  const cuts = Array.from({ length: recordedReply.length + 1 }, (_, cut) => cut);
  tell("P1 stream cuts, every byte", await runsCutAfter(cuts));
}, 300_000);
