// The README shows code that runs: every TypeScript block of it stands, word for word, in an example.
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const root = new URL("../", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), "utf8");
const blocks = [...read("README.md").matchAll(/(?:<!-- from (\S+) -->\n)?```ts\n(.*?)```/gs)];

describe("the README", () => {
  it("has code", () => {
    expect(blocks.length).toBeGreaterThanOrEqual(4);
  });

  for (const [, example, code] of blocks) {
    it(`shows code of ${example ?? "an example, and says which"}`, () => {
      expect(read(String(example))).toContain(code);
    });
  }

  it("says hello in twelve lines, besides the imports' empty line", () => {
    const hello = blocks.find(([, example]) => example === "examples/01-hello.ts")?.[2] ?? "";
    expect(hello.split("\n").filter(Boolean)).toHaveLength(11);
  });

  it("links only to what is there", () => {
    const links = [...read("README.md").matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => String(link));
    expect(links.length).toBeGreaterThan(0);
    for (const link of links) expect(existsSync(new URL(link, root)), link).toBe(true);
  });
});
