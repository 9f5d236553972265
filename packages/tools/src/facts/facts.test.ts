import type { JsonValue, Store, ToolContext } from "@beseda/core";
import { BesedaError } from "@beseda/core";
import { expect, it } from "vitest";
import { calledWith } from "../call-tool.fake.ts";
import { factPrefix } from "./facts.ts";
import { forget } from "./forget.ts";
import { recall } from "./recall.ts";
import { remember } from "./remember.ts";

/** As strict as a real one: copies what it is given, refuses empty keys, answers sorted. */
function mapStore(): Store & { keys(): string[] } {
  const values = new Map<string, string>();
  const checked = (key: string) => {
    if (key === "") throw new Error("A key is empty.");
    return key;
  };
  return {
    keys: () => [...values.keys()],
    async get(key) {
      const value = values.get(checked(key));
      return value === undefined ? undefined : JSON.parse(value);
    },
    async set(key, value) {
      values.set(checked(key), JSON.stringify(value));
    },
    async take(key) {
      const value = values.get(checked(key));
      values.delete(key);
      return value === undefined ? undefined : JSON.parse(value);
    },
    async delete(key) {
      values.delete(checked(key));
    },
    async entries(prefix) {
      const pairs = [...values].filter(([key]) => key.startsWith(prefix)).sort(([a], [b]) => (a < b ? -1 : 1));
      return pairs.map(([key, value]): [string, JsonValue] => [key, JSON.parse(value)]);
    },
  };
}

/** A person with a memory: each fact is a minute younger than the one before. */
function person(who: Partial<ToolContext> = { userId: "anna" }, store = mapStore()) {
  let minute = 0;
  const now = () => new Date(Date.UTC(2026, 0, 1, 0, minute++));
  const tools = { remember: remember({ store, now }), recall: recall({ store }), forget: forget({ store }) };
  return {
    store,
    remember: (text: string) => calledWith(tools.remember, { text }, who),
    recall: (query?: string) => calledWith(tools.recall, query === undefined ? {} : { query }, who),
    texts: async (query?: string) => textsOf(await calledWith(tools.recall, query === undefined ? {} : { query }, who)),
    forget: (input: Record<string, unknown>) => calledWith(tools.forget, input, who),
  };
}

/** Of lines like `I like tea (2026-01-01, id 0123456789)`. */
function textsOf(recalled: string): string[] {
  return [...recalled.matchAll(/^(.*) \(\d{4}-\d\d-\d\d, id \w+\)$/gm)].map(([, text]) => String(text));
}

function idOf(remembered: string): string {
  return /\(id (\w+)\)$/.exec(remembered)?.[1] ?? "";
}

it("remembers facts and recalls them, the newest first", async () => {
  const anna = person();
  expect(await anna.recall()).toBe("Nothing has been remembered about the user so far.");
  const remembered = await anna.remember("  Моего кота зовут\nБорис ");
  expect(remembered).toMatch(/^Remembered: Моего кота зовут Борис \(id \w{10}\)$/);
  await anna.remember("Anna likes green tea");
  expect(await anna.recall()).toMatch(/^Anna likes green tea \(2026-01-01, id \w+\)\nМоего кота зовут Борис \(/);
  expect(await anna.recall()).toContain(idOf(remembered));
});

it("keeps the same text once, even when two calls race", async () => {
  const anna = person();
  const id = idOf(await anna.remember("I like tea"));
  expect(await anna.remember(" i like  tea.")).toBe(`Known already: I like tea (id ${id})`);
  await Promise.all([anna.remember("I like dogs"), anna.remember("I like dogs")]);
  expect(await anna.texts()).toEqual(["I like dogs", "I like tea"]);
});

it.each([
  ["кот", ["Моего кота зовут Борис"]],
  ["Как зовут моего кота?", ["Моего кота зовут Борис"]],
  ["likes", ["She liked cities by the sea"]],
  ["city", ["She liked cities by the sea"]],
  ["казань", ["Живёт в Казани"]],
  ["ЖИВЕТ", ["Живёт в Казани"]],
  ["What do you know about me?", ["She liked cities by the sea", "Живёт в Казани", "Моего кота зовут Борис"]],
  ["Что ты обо мне помнишь?", ["She liked cities by the sea", "Живёт в Казани", "Моего кота зовут Борис"]],
  ["", ["She liked cities by the sea", "Живёт в Казани", "Моего кота зовут Борис"]],
])("a search for %j finds %j", async (query, expected) => {
  const anna = person();
  for (const text of ["Моего кота зовут Борис", "Живёт в Казани", "She liked cities by the sea"])
    await anna.remember(text);
  const recalled = await anna.recall(query);
  expect(textsOf(recalled)).toEqual(expected);
  expect(recalled.split("\n")).toHaveLength(expected.length);
});

it("shows the newest facts where none has the words, and says so", async () => {
  const anna = person();
  await anna.remember("Меня зовут Анна");
  const recalled = await anna.recall("имя");
  expect(textsOf(recalled)).toEqual(["Меня зовут Анна"]);
  expect(recalled).toMatch(/^No fact has these words/);
});

it("caps what it shows, and what it keeps", async () => {
  const store = mapStore();
  const anna = person({ userId: "anna" }, store);
  for (let index = 0; index < 1_000; index++) {
    await store.set(`facts/anna/${index}`, {
      text: `number ${index}`,
      createdAt: new Date(index * 1000).toISOString(),
    });
  }
  const recalled = await anna.recall();
  expect(textsOf(recalled)).toHaveLength(50);
  expect(recalled).toMatch(/^The newest 50 of 1000:\nnumber 999 /);
  await expect(anna.remember("one more")).rejects.toThrow("1000 facts are kept already");
  await expect(anna.remember("x".repeat(1001))).rejects.toThrow("too long");
  await expect(anna.remember("   ")).rejects.toThrow("empty");
});

it("forgets by id, by text, by words that only one fact has, and everything", async () => {
  const anna = person();
  const coffee = await anna.remember("Любит кофе с молоком");
  await anna.remember("Любит чай");
  await anna.remember("Живёт в Казани");
  await anna.remember("Has a dog");
  expect(await anna.forget({ ids: [idOf(coffee), "unknown"] })).toBe("Forgotten: Любит кофе с молоком");
  expect(await anna.forget({ text: "что я живу в Казани" })).toBe("Forgotten: Живёт в Казани");
  expect(await anna.forget({ text: "has a DOG" })).toBe("Forgotten: Has a dog");
  expect(await anna.forget({ text: "the moon" })).toBe("Nothing of the kind is remembered.");
  await anna.remember("Любит кофе");
  expect((await anna.forget({ everything: true })).split("\n")).toHaveLength(2);
  expect(anna.store.keys()).toEqual([]);
});

it("does not guess which of several facts to forget", async () => {
  const anna = person();
  const id = idOf(await anna.remember("Likes coffee"));
  await anna.remember("Likes tea");
  await expect(anna.forget({ text: "likes" })).rejects.toThrow(`2 facts have these words`);
  await expect(anna.forget({ text: "likes" })).rejects.toThrow(`${id}: Likes coffee`);
  await expect(anna.forget({ text: "about me" })).rejects.toThrow("Call recall");
  await expect(anna.forget({})).rejects.toThrow("Say what to forget");
  await expect(anna.forget({ everything: false, ids: [], text: "" })).rejects.toThrow("Say what to forget");
  expect(await anna.texts()).toHaveLength(2);
});

it("nobody sees the facts of another, whatever the ids look like", async () => {
  const store = mapStore();
  const ids = [
    "anna",
    "anna/",
    "anna/b",
    "ann",
    "Anna",
    "анна",
    "a%0061",
    "%",
    "..",
    "",
    "__proto__",
    "\ud800",
    "\udc00",
    "thread:t",
    "t",
    "a b",
    " 4f",
    "\u204f",
  ];
  const owners: Partial<ToolContext>[] = [
    ...ids.map((userId) => ({ userId })),
    ...ids.map((threadId) => ({ threadId })),
    { ownerId: "room", userId: "anna" },
  ];
  for (const [index, owner] of owners.entries()) await person(owner, store).remember(`secret ${index}`);
  for (const [index, owner] of owners.entries())
    expect(await person(owner, store).texts()).toEqual([`secret ${index}`]);
  await person({ userId: "ann" }, store).forget({ everything: true });
  expect(store.keys()).toHaveLength(owners.length - 1);
});

it("the owner of the memory comes before who speaks, and both before the thread", () => {
  const nobody = { ownerId: undefined, userId: undefined, threadId: undefined };
  expect(factPrefix({ ownerId: "o", userId: "u", threadId: "t" })).toBe("facts/o/");
  expect(factPrefix({ ...nobody, userId: "u", threadId: "t" })).toBe("facts/u/");
  expect(factPrefix({ ...nobody, threadId: "t" })).toBe("facts/thread:t/");
  expect(() => factPrefix(nobody)).toThrow(BesedaError);
  expect(() => factPrefix(nobody)).toThrow("userId or a threadId");
});

it("leaves documents of another shape alone", async () => {
  const store = mapStore();
  for (const [index, value] of [null, 5, [], {}, { text: 1, createdAt: "x" }].entries())
    await store.set(`facts/anna/${index}`, value);
  expect(await person({ userId: "anna" }, store).texts()).toEqual([]);
});

it("says what it changes: a crash in the middle may repeat each of them", () => {
  const store = mapStore();
  expect(remember({ store })).toMatchObject({ name: "remember", effects: "write", replay: "safe" });
  expect(recall({ store })).toMatchObject({ name: "recall", effects: "read", replay: "safe" });
  expect(forget({ store })).toMatchObject({ name: "forget", effects: "write", replay: "safe" });
});
