// What replies cost that do not tell it themselves: by the prices of the model that gave them, which may be that of a sub-agent.
import type { ModelEvent, Usage } from "@beseda/core";
import type { Calls } from "../../journal/ask-model.ts";
import type { AskModel, ModelQuestion } from "../../journal/run-journal.ts";

/** As it was, with the cost told in the usage of each reply. */
export function pricing(ask: AskModel, calls: Calls): AskModel {
  return (question) => (question.model.costOf ? pricedReply(ask, question, calls) : ask(question));
}

async function* pricedReply(ask: AskModel, question: ModelQuestion, calls: Calls): AsyncGenerator<ModelEvent[]> {
  const { costOf, operations } = question.model;
  const way = calls === "async" && operations ? "async" : "sync";
  for await (const events of ask(question)) yield priced(events, (usage) => costOf?.(usage, way));
}

function priced(events: ModelEvent[], costOf: (usage: Usage) => Usage["cost"]): ModelEvent[] {
  const last = events.at(-1);
  if (last?.type !== "finish" || !last.usage || last.usage.cost) return events;
  const cost = costOf(last.usage) ?? {};
  if (Object.keys(cost).length === 0) return events;
  return [...events.slice(0, -1), { ...last, usage: { ...last.usage, cost } }];
}
