import { describe, expect, it } from "vitest";
import { tapeMiss } from "./explain-miss.ts";

const reasonOf = (asked: Parameters<typeof tapeMiss>[1], ...recorded: (typeof asked)[]) =>
  tapeMiss("tape.jsonl", asked, { recorded, times: 0 }).message.replace(/^.*?: /, "");

describe("a request that was not recorded", () => {
  it("is compared with the one that differs in the fewest places", () => {
    const asked = { model: "a", messages: ["x", "y"], seed: 1 };
    const other = { model: "b", messages: ["z"], seed: 2 };
    const near = { model: "a", messages: ["x", "z"], seed: 1 };
    for (const [number, recorded] of [
      [1, [near, other, other]],
      [2, [other, near, other]],
      [3, [other, other, near]],
    ] as const) {
      expect(reasonOf(asked, ...recorded)).toBe(
        `the nearest recorded one (number ${number} of 3) differs first at messages[1]: recorded "z", asked "y".`,
      );
    }
  });

  it("may lack something, have something more, or be another kind of thing", () => {
    expect(reasonOf({ a: 1 }, { a: 1, b: [2] })).toContain("at b: recorded [2], asked nothing.");
    expect(reasonOf(["a", "b"], ["a"])).toContain('at [1]: recorded nothing, asked "b".');
    expect(reasonOf({ a: null }, { a: { b: 1 } })).toContain('at a: recorded {"b":1}, asked null.');
    expect(reasonOf("one", "two")).toContain('at its whole: recorded "two", asked "one".');
  });

  it("is shown where long texts begin to differ, and no more of it than helps", () => {
    const start = "x".repeat(500);
    const reason = reasonOf(`${start} and then`, `${start} but then${"y".repeat(500)}`);
    expect(reason).toContain(`recorded …${"x".repeat(29)} but then`);
    expect(reason).toContain(`asked …${"x".repeat(29)} and then".`);
    expect(reason.length).toBeLessThan(350);
  });

  it("of which nothing is recorded at all, or all of it has been given out, is told so", () => {
    expect(reasonOf({})).toBe("nothing is recorded in it.");
    expect(tapeMiss("tape.jsonl", {}, { recorded: [{}], times: 1 }).message).toContain("recorded once, and is asked");
  });
});
