// What every Store has to do, as cases that any test runner can run.
import assert from "node:assert/strict";
import type { JsonValue } from "../message.ts";
import type { Store } from "../ports/store.ts";
import { type ConformanceCase, type Skipped, withoutSkipped } from "./conformance.ts";
import { brokenText, everyKind, hostileValue, mendedText, oddNames } from "./odd-text.ts";

export type StoreHarness<Opened extends Store> = {
  /** Closes what `open` gave and opens the same place again, as after a restart. For stores that outlive the process. */
  reopen?: (store: Opened) => Opened | Promise<Opened>;
  /** Called at the end of each case. */
  close?: (store: Opened) => void | Promise<void>;
  skip?: Skipped;
};

/**
 * `for (const { name, run } of storeCases(() => inMemoryStore())) it(name, run)`
 *
 * `open` gives an empty store, another one for each case.
 */
export function storeCases<Opened extends Store>(
  open: () => Opened | Promise<Opened>,
  { reopen, close, skip }: StoreHarness<Opened> = {},
): ConformanceCase[] {
  const inStore = Object.entries(cases).map(([name, check]) => ({
    name,
    run: async () => {
      const store = await open();
      await check(store).finally(() => close?.(store));
    },
  }));
  if (!reopen) return withoutSkipped(inStore, skip);
  const afterReopening = {
    name: "has everything after it was closed and opened again",
    run: async () => {
      let store = await open();
      try {
        for (const key of oddNames) await store.set(key, `value of ${key}`);
        await store.set("hostile", hostileValue());
        await store.set("deleted", 1);
        await store.delete("deleted");
        const before = await store.entries("");
        store = await reopen(store);
        assert.equal(JSON.stringify(await store.entries("")), JSON.stringify(before));
        await store.set("more", null);
        store = await reopen(store);
        assert.equal((await store.entries("")).length, before.length + 1);
      } finally {
        await close?.(store);
      }
    },
  };
  return withoutSkipped([...inStore, afterReopening], skip);
}

const cases: Record<string, (store: Store) => Promise<void>> = {
  "has nothing under a key that was not set": async (store) => {
    for (const key of oddNames) assert.equal(await store.get(key), undefined);
    assert.deepEqual(await store.entries(""), []);
  },

  "gives every kind of value back as it was": async (store) => {
    for (const value of everyKind) {
      await store.set("key", value);
      assert.deepEqual(await store.get("key"), value);
    }
  },

  "takes any text as a key, and mixes no two": async (store) => {
    for (const key of oddNames) await store.set(key, `value of ${key}`);
    for (const key of oddNames) assert.equal(await store.get(key), `value of ${key}`);
    assert.deepEqual(
      (await store.entries("")).map(([key]) => key),
      [...oddNames].sort(),
    );
  },

  "takes dangerous keys in a value for data": async (store) => {
    await store.set("key", hostileValue());
    assert.equal(JSON.stringify(await store.get("key")), JSON.stringify(hostileValue()));
    assert.equal("polluted" in {}, false, "Object.prototype was changed");
  },

  "makes text with half a surrogate pair well-formed": async (store) => {
    await store.set("key", { text: brokenText });
    assert.deepEqual(await store.get("key"), { text: mendedText });
  },

  "finds the keys that begin with a prefix, sorted, and takes the prefix to the letter": async (store) => {
    const keys = ["user/2", "user/10", "user/1", "user%", "user_", "User/1", "use", "user/"];
    for (const key of keys) await store.set(key, key);
    const inUser = ["user/", "user/1", "user/10", "user/2"];
    assert.deepEqual(
      await store.entries("user/"),
      inUser.map((key) => [key, key]),
    );
    assert.deepEqual(await store.entries("user%"), [["user%", "user%"]]);
    assert.deepEqual(await store.entries("user_"), [["user_", "user_"]]);
    assert.deepEqual(await store.entries("*"), []);
    assert.deepEqual(
      (await store.entries("")).map(([key]) => key),
      [...keys].sort(),
    );
  },

  "forgets a deleted key and no other": async (store) => {
    await store.set("a", 1);
    await store.set("b", 2);
    await store.delete("a");
    await store.delete("a");
    await store.delete("never was");
    assert.equal(await store.get("a"), undefined);
    assert.deepEqual(await store.entries(""), [["b", 2]]);
  },

  "keeps all of many changes that come at once; of one key the last wins, whole": async (store) => {
    const changes: Promise<void>[] = [];
    for (let round = 0; round < 10; round++) {
      changes.push(store.set("contested", { round, again: round }));
      for (let key = 0; key < 10; key++) changes.push(store.set(`key ${round}${key}`, round));
    }
    await Promise.all(changes);
    assert.deepEqual(await store.get("contested"), { round: 9, again: 9 });
    assert.equal((await store.entries("key ")).length, 100);
  },

  "lets one of many take a value, once": async (store) => {
    for (let round = 0; round < 10; round++) {
      await store.set("prize", { round });
      const taken = await Promise.all(Array.from({ length: 8 }, () => store.take("prize")));
      assert.deepEqual(
        taken.filter((value) => value !== undefined),
        [{ round }],
      );
      assert.equal(await store.get("prize"), undefined);
    }
    assert.equal(await store.take("prize"), undefined);
    assert.deepEqual(await store.entries(""), []);
  },

  "shares nothing with the caller": async (store) => {
    const given = { list: [1] };
    const set = store.set("key", given);
    given.list.push(2);
    await set;
    ((await store.get("key")) as { list: number[] }).list.push(3);
    for (const [, value] of await store.entries("")) (value as { list: number[] }).list.push(4);
    assert.deepEqual(await store.get("key"), { list: [1] });
  },

  "refuses what is no plain data, and keeps what was there": async (store) => {
    await store.set("key", "before");
    const cycle: { [key: string]: JsonValue } = {};
    cycle.itself = cycle;
    await assert.rejects(store.set("key", cycle), { name: "BesedaError", code: "invalid-argument" });
    assert.equal(await store.get("key"), "before");
  },

  "keeps a value of 5 MB": async (store) => {
    const long = "длинно ".repeat(400_000);
    await store.set("key", [long]);
    assert.deepEqual(await store.get("key"), [long]);
  },
};
