// Operations of the service that rows wait for: told with the progress of the part, for whoever calls it off.
import type { JsonValue, ModelEvent } from "@beseda/core";
import type { AskModel } from "../../journal/run-journal.ts";
import type { WithService } from "../../worker/call-off.ts";
import type { PartLog } from "./part-log.ts";
import { nameOf } from "./row-runner.ts";

/** As it was, and besides noting in `log` which operations are under way. */
export function noting(ask: AskModel, { progress }: PartLog): AskModel {
  const open: WithService[] = [];
  const note = (model: string, id: string, isOpen: boolean) => {
    const index = open.findIndex((each) => each.id === id);
    if (isOpen && index === -1) open.push({ as: "operation", model, id });
    if (!isOpen && index !== -1) open.splice(index, 1);
    if (open.length > 0) progress.withService = open;
    else delete progress.withService;
  };
  return ({ begun, ...question }) => {
    const model = nameOf(question.model);
    let id: string | undefined;
    const noted = <Value extends JsonValue | undefined>(value: Value): Value => {
      const now = (value as { id?: string } | null | undefined)?.id;
      if (id !== undefined && now === undefined) note(model, id, false);
      id = now;
      if (id !== undefined) note(model, id, true);
      return value;
    };
    const watched = { read: () => noted(begun.read()), write: (value: JsonValue) => begun.write(noted(value)) };
    return whole(ask({ ...question, begun: watched }), () => noted(undefined));
  };
}

/** One that is left in the middle is waited for by whoever goes on with its row. */
async function* whole(reply: AsyncIterable<ModelEvent[]>, onEnd: () => void): AsyncGenerator<ModelEvent[]> {
  for await (const events of reply) {
    if (events.at(-1)?.type === "finish") onEnd();
    yield events;
  }
}
