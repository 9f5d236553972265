// P2, to the letter: every pair of offsets of a reply of 4 KB.
import { expect, it } from "vitest";
import { tell } from "./fault-bench.ts";
import { recordedReply } from "./recorded-reply.ts";
import { splitAtPairs } from "./split-events.ts";

it("The events of a stream are the same, byte by byte, wherever its reads are split in two places", () => {
  const { pairs, different } = splitAtPairs(recordedReply, recordedReply.length);
  expect(different).toBeUndefined();
  tell("P2 chunk boundaries, every pair", { bytes: recordedReply.length, "pairs of offsets": pairs, different: 0 });
}, 900_000);
