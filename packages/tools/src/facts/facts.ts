// What is known about a user: one document per fact, under the key of whose memory it is.
import { createHash } from "node:crypto";
import type { JsonValue, Store, ToolContext } from "@beseda/core";
import { inputError } from "../input-error.ts";
import { areAlike, stemsOf } from "../word-stems.ts";

/** `createdAt` is ISO 8601. */
export type Fact = { id: string; text: string; createdAt: string };

export type FactOptions = {
  /** Where the facts are kept, under `facts/<owner>/<id>`. */
  store: Store;
};

type Owner = Pick<ToolContext, "ownerId" | "userId" | "threadId">;

/**
 * The beginning of the keys of an owner: the memory's owner, else who spoke, else the thread. No two owners share it,
 * whatever their ids look like, and none is the beginning of another's.
 */
export function factPrefix({ ownerId, userId, threadId }: Owner): string {
  const owner = ownerId ?? userId;
  if (owner !== undefined) return `facts/${encoded(owner)}/`;
  // The colon is in no encoded id: a thread cannot be taken for a user of the same name.
  if (threadId !== undefined) return `facts/thread:${encoded(threadId)}/`;
  throw inputError(
    "Nothing can be remembered here: it is not known who speaks. The application has to give the run a userId or a threadId.",
  );
}

/** The same text, however spaced and capitalised, has the same id, so that it is kept once, even when two calls race. */
export function factId(text: string): string {
  const plain = text
    .toLowerCase()
    .replace(/[\s.!]+/g, " ")
    .trim();
  return createHash("sha256").update(plain).digest("hex").slice(0, 10);
}

/** The newest first. Documents of another shape are left out. */
export async function factsOf(store: Store, prefix: string): Promise<Fact[]> {
  const facts = (await store.entries(prefix)).flatMap(([key, value]) => {
    const fact = factIn(value);
    return fact ? [{ id: key.slice(prefix.length), ...fact }] : [];
  });
  return facts.sort((a, b) => (a.createdAt < b.createdAt ? 1 : a.createdAt > b.createdAt ? -1 : 0));
}

/** How many of the words each fact has in it, endings aside; without the words that say nothing, such as "what" and "my". */
export function matchesOf(facts: readonly Fact[], words: string): { fact: Fact; count: number }[] {
  const wanted = tellingStems(words);
  return facts.map((fact) => {
    const stems = stemsOf(fact.text);
    return { fact, count: wanted.filter((word) => stems.some((stem) => areAlike(stem, word))).length };
  });
}

export function tellingStems(text: string): string[] {
  return [...new Set(stemsOf(text))].filter((stem) => !sayNothing.has(stem));
}

const sayNothing: ReadonlySet<string> = new Set(
  stemsOf(
    "a an the and or but of in on at to for from with about by is are was were be been do does did have has had i me my " +
      "mine you your he him his she her it its we us our they them their this that these those what which who whom how " +
      "when where why user remember recall forget know known fact facts tell please all everything anything " +
      "и а но или в во на по о об обо у к ко с со из за для от до не ни же ли бы что кто как где когда куда какой какая " +
      "какое какие чей я меня мне мной мой моя мое мои моего моей мою моих ты тебя тебе твой вы вас вам ваш он его ему " +
      "она ее ей они их им мы нас нам наш это этот эта эти то тот та те есть был была было были помнишь запомни вспомни " +
      "забудь знаешь расскажи скажи пользователь факт все всё пожалуйста",
  ),
);

function factIn(value: JsonValue): Omit<Fact, "id"> | undefined {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return undefined;
  const { text, createdAt } = value;
  return typeof text === "string" && typeof createdAt === "string" ? { text, createdAt } : undefined;
}

/** Letters and digits as they are, everything else as its UTF-16 number; reversible, so that two ids never meet. */
function encoded(id: string): string {
  return id.replace(/[^\w.-]/g, (sign) => `%${sign.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
