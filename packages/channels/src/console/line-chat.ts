// The chat without a keyboard: each line of the input is a message, answered one after another.
import { BesedaError } from "@beseda/core";
import type { LeaveWatch } from "./leave.ts";
import type { PrintPart } from "./plain-answer.ts";
import type { InputLine } from "./read-lines.ts";
import type { Session } from "./session.ts";

/**
 * Resolves to the exit code: 0, or 1 where a message was not answered.
 * @throws BesedaError `invalid-argument` for an input without any message
 */
export async function lineChat(
  session: Session,
  { lines, newPrint, leave }: { lines: AsyncIterator<InputLine>; newPrint: () => PrintPart; leave: LeaveWatch },
): Promise<number> {
  let asked = 0;
  let failed = 0;
  for (;;) {
    const next = await leave.orLeave(lines.next());
    if (!next || next.done) break;
    asked++;
    if ("problem" in next.value) {
      failed++;
      session.report(next.value.problem);
    } else if (!(await session.answer(next.value.text, newPrint(), leave.signal))) failed++;
    if (leave.reason) break;
  }
  if (asked === 0 && !leave.reason) {
    throw new BesedaError("There is no message to answer: the input is empty.", {
      code: "invalid-argument",
      hint: "Write one message on each line of it, or give a message as an argument.",
    });
  }
  return failed > 0 ? 1 : 0;
}
