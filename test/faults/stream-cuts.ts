// P1: runs whose stream is reset after some byte, judged by the ledger and by what the user gets.
import { tool } from "@beseda/core";
import type { ReceivedRequest } from "@beseda/core/testing";
import { expect } from "vitest";
import { agentOver, inParallel, type Outcome, outcomeOf, serving, textShown } from "./fault-bench.ts";
import { recordedCall, recordedReply, recordedText } from "./recorded-reply.ts";

const whole = { raw: [recordedReply] };

/** Which run a request belongs to, and whether it is about the first step. */
function askedIn({ body }: ReceivedRequest): { run: number; isFirstStep: boolean } {
  const messages = body.messages as { role: string; content: string }[];
  return { run: Number(messages[0]?.content), isFirstStep: messages.length === 1 };
}

/** One run for each cut. @returns what there was to count. */
export async function runsCutAfter(cuts: readonly number[]): Promise<Record<string, number>> {
  const asked = new Map<number, ReceivedRequest[]>();
  const server = await serving({
    respond(request) {
      const { run, isFirstStep } = askedIn(request);
      if (!isFirstStep) return { text: "Готово." };
      const soFar = asked.get(run) ?? [];
      asked.set(run, [...soFar, request]);
      return soFar.length === 0 ? { ...whole, stopsAfter: run } : whole;
    },
  });
  const inputs: unknown[] = [];
  const forecast = tool({
    name: recordedCall.name,
    description: "The weather.",
    inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
    execute: (input) => void inputs.push(input),
  });
  const agent = agentOver(server, { tools: [forecast] });
  const strays: unknown[] = [];
  const onStray = (reason: unknown) => strays.push(reason);
  process.on("unhandledRejection", onStray);

  const counts = { cuts: 0, complete: 0, retried: 0, broken: 0 };
  await inParallel(cuts.length, 16, async (at) => {
    const cut = cuts[at] as number;
    const outcome = await outcomeOf(agent, String(cut));
    const requests = asked.get(cut) ?? [];
    const shown = textShown({ ...outcome, parts: partsOfFirstStep(outcome) });
    const where = `cut after byte ${cut}`;
    counts.cuts++;
    if (outcome.error) {
      counts.broken++;
      expect(outcome.error, where).toMatchObject({ code: "unavailable", isRetryable: true });
      expect(outcome.result, where).toMatchObject({ finishReason: "error", text: shown });
      expect(typesOf(outcome), where).not.toContain("tool-call");
      expect(shown, where).toBe(recordedText(cut));
      expect(shown, where).not.toBe("");
      expect(requests, where).toHaveLength(1);
    } else {
      counts.complete++;
      if (requests.length > 1) counts.retried++;
      expect(requests.length, where).toBeLessThanOrEqual(2);
      expect(new Set(requests.map(({ idempotencyKey }) => idempotencyKey)).size, where).toBe(1);
      expect(shown, where).toBe(recordedText());
      expect(outcome.result, where).toMatchObject({ finishReason: "stop", text: "Готово." });
      expect(
        typesOf(outcome).filter((type) => type === "tool-result"),
        where,
      ).toHaveLength(1);
    }
  });
  await new Promise((resolve) => setImmediate(resolve));
  process.off("unhandledRejection", onStray);

  expect(strays).toEqual([]);
  expect(inputs).toHaveLength(counts.complete);
  for (const input of inputs) expect(input).toEqual(recordedCall.input);
  expect(recordedText()).toContain("семье 👨‍👩‍👧‍👦");
  expect(server.requests.filter(({ ended }) => ended !== "done" && ended !== "cut")).toEqual([]);
  return { bytes: recordedReply.length, ...counts, "unhandled rejections": strays.length };
}

function partsOfFirstStep({ parts }: Outcome): Outcome["parts"] {
  const end = parts.findIndex(({ type }) => type === "finish-step");
  return end < 0 ? parts : parts.slice(0, end);
}

function typesOf({ parts }: Outcome): string[] {
  return parts.map(({ type }) => type);
}
