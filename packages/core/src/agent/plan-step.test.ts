import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Message } from "../message.ts";
import { thinkInstructions } from "../reasoning/chain-of-thought.ts";
import { planStep, repairThread, type StepPlan } from "./plan-step.ts";

const plan: StepPlan = { instructions: "Be kind.", tools: [], toolChoice: "auto", reasoning: "native", settings: {} };

const call = (toolCallId: string) => ({ type: "tool-call", toolCallId, toolName: "look", input: {} }) as const;
const result = (toolCallId: string, output = "ok"): Message => ({ role: "tool", toolCallId, toolName: "look", output });
const user: Message = { role: "user", content: "hi" };

/** What every service asks of a thread: each reply's calls are answered at once, in order, and nothing else is. */
function problemIn(thread: readonly Message[]): string | undefined {
  let open: string[] = [];
  for (const [index, message] of thread.entries()) {
    if (message.role === "tool") {
      if (open[0] !== message.toolCallId) return `${index}: a result for ${message.toolCallId}, open: ${open}`;
      open = open.slice(1);
      continue;
    }
    if (open.length > 0) return `${index}: ${open} unanswered`;
    if (message.role === "assistant") {
      open = message.content.flatMap((part) => (part.type === "tool-call" ? [part.toolCallId] : []));
      const hasText = message.content.some((part) => part.type === "text" && part.text !== "");
      if (open.length === 0 && !hasText) return `${index}: an empty reply`;
    }
  }
  return open.length > 0 ? `${open} unanswered at the end` : undefined;
}

/** Threads as runs make them, ids reused between runs as some servers do. */
const anyThread: fc.Arbitrary<Message[]> = fc
  .array(
    fc.record({
      replies: fc.array(fc.array(fc.constantFrom("a", "b", "c"), { maxLength: 3 }), { maxLength: 3 }),
      answer: fc.constantFrom("", "done"),
    }),
    { maxLength: 4 },
  )
  .map((runs) =>
    runs.flatMap(({ replies, answer }) => [
      user,
      ...replies.flatMap((ids): Message[] => [
        { role: "assistant", content: ids.map(call) },
        ...ids.map((id) => result(id)),
      ]),
      { role: "assistant", content: [{ type: "text", text: answer }] } as Message,
    ]),
  );

it("a late result belongs to the latest call of its id that has none", () => {
  const said = (thread: readonly Message[]) => thread.map((m) => (m.role === "tool" ? m.output.slice(0, 10) : m.role));
  const asked: Message = { role: "assistant", content: [call("a")] };
  expect(said(repairThread([user, asked, user, asked, result("a", "late")]))).toEqual([
    ...["user", "assistant", "This call ", "user"],
    ...["assistant", "late"],
  ]);
});

it("a call that waited for an approval gets its real result once that is there", () => {
  const asked: Message = { role: "assistant", content: [call("a"), call("b")] };
  const waits = { ...result("a", "waits"), isPending: true } as Message;
  const thread = [user, asked, waits, result("b")];
  expect(repairThread(thread)).toBe(thread);
  expect(repairThread([...thread, result("a", "real")])).toEqual([user, asked, result("a", "real"), result("b")]);
});

describe("planStep", () => {
  it("makes a valid request of any part of any thread, in any disorder of the results", () => {
    fc.assert(
      fc.property(anyThread, fc.nat(), fc.nat(), fc.infiniteStream(fc.nat()), (thread, from, to, picks) => {
        const piece = thread.slice(from % (thread.length + 1)).slice(0, to % (thread.length + 1));
        const lost = piece.filter(() => (picks.next().value as number) % 5 !== 0);
        for (let index = 1; index < lost.length; index++) {
          const [one, other] = [lost[index - 1], lost[index]];
          if (one?.role === "tool" && other && (picks.next().value as number) % 2)
            [lost[index - 1], lost[index]] = [other, one];
        }
        expect(problemIn(planStep(plan, lost).messages)).toBeUndefined();
      }),
      { numRuns: 2_000 },
    );
  });

  it("does not copy a thread that is in order", () => {
    const thread: Message[] = [user, { role: "assistant", content: [call("a"), call("b")] }, result("a"), result("b")];
    expect(planStep(plan, thread).messages).toBe(thread);
  });

  it("puts results into the order of the calls and keeps what they say", () => {
    const thread: Message[] = [
      user,
      { role: "assistant", content: [call("a"), call("b")] },
      result("b", "B"),
      result("a", "A"),
    ];
    expect(repairThread(thread).slice(2)).toEqual([result("a", "A"), result("b", "B")]);
  });

  it("tells the model that the outcome of an unanswered call is unknown", () => {
    const [, , answer] = repairThread([user, { role: "assistant", content: [call("a")] }, user]);
    expect(answer).toMatchObject({ role: "tool", toolCallId: "a", isError: true });
    expect(answer).toHaveProperty("output", expect.stringContaining("unknown"));
  });

  it("asks for thinking in the instructions where reasoning is prompted, and switches the model's own off", () => {
    const request = planStep({ ...plan, reasoning: "prompted" }, [user]);
    expect(request.instructions).toBe(`Be kind.\n\n${thinkInstructions}`);
    expect(request.reasoning).toBe("off");
    expect(planStep(plan, [user])).toMatchObject({ instructions: "Be kind.", reasoning: "native" });
  });

  it("holds to a forced tool choice until a tool has answered", () => {
    const forced: StepPlan = { ...plan, toolChoice: { toolName: "look" } };
    expect(planStep(forced, [user]).toolChoice).toEqual({ toolName: "look" });
    expect(planStep(forced, [user, { role: "assistant", content: [call("a")] }, result("a")]).toolChoice).toBe("auto");
  });
});
