// Cases of a JobEngine: the journal of a job, and what is reported of it.
import assert from "node:assert/strict";
import type { JobEngine, JsonValue } from "@beseda/core";
import { everyKind, hostileValue, oddNames, oddText } from "@beseda/core/testing";
import { found, refused, working } from "./claim-now.ts";

export const journalCases: Record<string, (engine: JobEngine) => Promise<void>> = {
  "reads the journal in the order in which its keys were first written": async (engine) => {
    const lease = await working(engine);
    assert.deepEqual(await lease.read(), []);
    await lease.write([
      ["c", 1],
      ["a", 2],
    ]);
    await lease.write([["b", 3]]);
    await lease.write([["c", 4]]);
    assert.deepEqual(await lease.read(), [
      ["c", 4],
      ["a", 2],
      ["b", 3],
    ]);
    await lease.write([["c", undefined]]);
    await lease.write([
      ["never was", undefined],
      ["c", 5],
    ]);
    assert.deepEqual(await lease.read(), [
      ["a", 2],
      ["b", 3],
      ["c", 5],
    ]);
  },

  "reads the keys that begin with a prefix, and takes the prefix to the letter": async (engine) => {
    const lease = await working(engine);
    const keys = ["row/2", "row/10", "row/1", "row%", "row_", "Row/1", "ro", "row/", "row/\u{10ffff}", "row0"];
    await lease.write(keys.map((key) => [key, key]));
    const read = async (prefix: string) => (await lease.read(prefix)).map(([key]) => key);
    assert.deepEqual(await read("row/"), ["row/2", "row/10", "row/1", "row/", "row/\u{10ffff}"]);
    assert.deepEqual(await read("row/1"), ["row/10", "row/1"]);
    assert.deepEqual(await read("row%"), ["row%"]);
    assert.deepEqual(await read("row_"), ["row_"]);
    assert.deepEqual(await read("*"), []);
    assert.deepEqual(await read(""), keys);
  },

  "takes any text as a key, and mixes no two": async (engine) => {
    const lease = await working(engine);
    await lease.write(oddNames.map((key) => [key, `value of ${key}`]));
    const expected = oddNames.map((key) => [key, `value of ${key}`]);
    assert.deepEqual(await lease.read(), expected);
    for (const [key, value] of expected) {
      assert.deepEqual(
        (await lease.read(key)).find(([each]) => each === key),
        [key, value],
      );
    }
  },

  "gives every kind of value back as it was, and takes dangerous keys for data": async (engine) => {
    const lease = await working(engine);
    const values = [...everyKind, hostileValue()];
    await lease.write(values.map((value, n) => [`key ${n}`, value]));
    const read = (await lease.read()).map(([, value]) => value);
    assert.equal(JSON.stringify(read), JSON.stringify(values));
    assert.equal("polluted" in {}, false, "Object.prototype was changed");
  },

  "keeps an entry of 5 MB": async (engine) => {
    const lease = await working(engine);
    const long = "длинно ".repeat(400_000);
    await lease.write([["long", [long]]]);
    assert.deepEqual(await lease.read("lo"), [["long", [long]]]);
  },

  "writes all of several entries or none": async (engine) => {
    const lease = await working(engine);
    await lease.write([["key", "before"]]);
    const cycle: { [key: string]: JsonValue } = {};
    cycle.itself = cycle;
    const bad = lease.write([
      ["key", "after"],
      ["new", 1],
      ["cycle", cycle],
    ]);
    await assert.rejects(bad, refused("invalid-argument"));
    assert.deepEqual(await lease.read(), [["key", "before"]]);
  },

  "writes in the order of the calls, however many come at once": async (engine) => {
    const lease = await working(engine);
    const writes: Promise<void>[] = [];
    for (let round = 0; round < 20; round++) {
      writes.push(lease.write([["contested", { round, again: round }]]));
      writes.push(
        lease.write([
          [`key ${round}`, round],
          [`other ${round}`, round],
        ]),
      );
    }
    const seen = await lease.read("contested");
    await Promise.all(writes);
    assert.deepEqual(seen, [["contested", { round: 19, again: 19 }]]);
    const expected = Array.from({ length: 20 }, (_, round) => [`key ${round}`, `other ${round}`]).flat();
    assert.deepEqual(
      (await lease.read()).map(([key]) => key),
      ["contested", ...expected],
    );
  },

  "shares no entry with the caller": async (engine) => {
    const lease = await working(engine);
    const value = { list: [1] };
    const written = lease.write([["key", value]]);
    value.list.push(2);
    await written;
    for (const [, read] of await lease.read()) (read as typeof value).list.push(3);
    assert.deepEqual(await lease.read(), [["key", { list: [1] }]]);
  },

  "keeps the journals of jobs apart": async (engine) => {
    const first = await working(engine, "first");
    const second = await working(engine, "second");
    await Promise.all([first.write([["key", 1]]), second.write([["key", 2]])]);
    await first.write([["key", undefined]]);
    assert.deepEqual(await first.read(), []);
    assert.deepEqual(await second.read(), [["key", 2]]);
    await first.finish({ response: 1 });
    assert.deepEqual(await second.read(), [["key", 2]]);
  },

  "tells everybody how far a job is: what was last reported": async (engine) => {
    const lease = await working(engine);
    await lease.report({ metadata: { rows: 1, of: 10 } });
    await lease.report({ metadata: { rows: 2 }, events: ["two"] });
    await lease.report({ events: ["three"] });
    assert.deepEqual((await found(engine, "job")).metadata, { rows: 2 });
    await lease.finish({ response: 1 });
    assert.deepEqual((await found(engine, "job")).metadata, { rows: 2 });
  },

  "numbers events from 1 in the order of the calls, and gives those after one": async (engine) => {
    const lease = await working(engine);
    const events = Array.from({ length: 30 }, (_, n) => ({ n }));
    await Promise.all(
      events.map((_, n) =>
        n % 3 === 0 ? lease.report({ events: events.slice(n, n + 3) }) : lease.report({ events: [] }),
      ),
    );
    const all = events.map((event, n) => ({ seq: n + 1, event }));
    assert.deepEqual(await engine.events("job"), all);
    assert.deepEqual(await engine.events("job", 27), all.slice(27));
    assert.deepEqual(await engine.events("job", 30), []);
    await lease.report({ events: [hostileValue(), oddText] });
    const more = await engine.events("job", 30);
    assert.equal(
      JSON.stringify(more),
      JSON.stringify([
        { seq: 31, event: hostileValue() },
        { seq: 32, event: oddText },
      ]),
    );
  },

  "keeps the events of a job that is done": async (engine) => {
    const lease = await working(engine);
    await lease.report({ events: ["one"] });
    await lease.finish({ response: 1 });
    assert.deepEqual(await engine.events("job"), [{ seq: 1, event: "one" }]);
  },

  "numbers the events of the next worker on from those of the last": async (engine) => {
    const first = await working(engine);
    await first.report({ events: ["one"] });
    await first.wait({});
    await engine.wake("job", 1);
    const second = await engine.claim({ queue: first.job.queue, kinds: ["run"], signal: new AbortController().signal });
    await second?.report({ events: ["two"] });
    assert.deepEqual(await engine.events("job"), [
      { seq: 1, event: "one" },
      { seq: 2, event: "two" },
    ]);
  },
};
