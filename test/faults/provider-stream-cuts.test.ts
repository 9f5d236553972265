// P1: the stream is cut. Every byte of it is in provider-stream-cuts.long.test.ts.
import fc from "fast-check";
import { expect, it } from "vitest";
import { agentOver, outcomeOf, serving, tell } from "./fault-bench.ts";
import { recordedReply, recordedText } from "./recorded-reply.ts";
import { runsCutAfter } from "./stream-cuts.ts";

it("A stream that is reset loses nothing that came, invents nothing, and is asked for again only while nothing was shown", async () => {
  const { length } = recordedReply;
  const { seed = 0 } = fc.readConfigureGlobal();
  // Every eighth byte, other ones for another seed, and all around the beginning and the end.
  const cuts = Array.from({ length: length + 1 }, (_, cut) => cut).filter(
    (cut) => cut % 8 === seed % 8 || cut < 16 || cut > length - 32,
  );
  tell("P1 stream cuts", { ...(await runsCutAfter(cuts)), seed });
}, 60_000);

it("A stream that ends properly before its model has finished is broken off, too", async () => {
  const cut = recordedReply.indexOf(": keep-alive");
  const server = await serving({ replies: [{ raw: [recordedReply], stopsAfter: cut, ends: "whole" }] });
  const { error, result } = await outcomeOf(agentOver(server), "hi");
  expect(error).toMatchObject({ code: "unavailable", isRetryable: true });
  expect(result).toMatchObject({ finishReason: "error", text: recordedText(cut) });
  expect(result.text).toContain("семье");
  expect(server.requests).toMatchObject([{ billed: true, bytesSent: cut, ended: "cut" }]);
});
