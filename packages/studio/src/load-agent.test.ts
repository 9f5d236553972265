import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { loadAgent } from "./load-agent.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-agents-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** What counts as an agent is told by its shape: it may come from another copy of the package. */
const agent = '{ name: "shop", stream() {}, generate() {} }';

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe("the agent of a file", () => {
  it("is its default export, or its export called agent, of an ES module or of CommonJS", async () => {
    expect(await loadAgent(file("default.mjs", `export default ${agent};`))).toMatchObject({ name: "shop" });
    expect(await loadAgent(file("named.mjs", `export const agent = ${agent};`))).toMatchObject({ name: "shop" });
    expect(await loadAgent(file("common.cjs", `exports.agent = ${agent};`))).toMatchObject({ name: "shop" });
  });

  it("is asked for in words where there is none", async () => {
    const refused = async (path: string, says: RegExp) => {
      const error = await loadAgent(path).then(
        () => undefined,
        (thrown) => thrown,
      );
      expect(error?.advice).toMatch(says);
      expect(error?.code).toBe("invalid-argument");
    };
    await refused(join(folder, "none.mjs"), /There is no file .*none\.mjs.*export const agent/);
    await refused(folder, /is a directory/);
    await refused(
      file("other.mjs", "export const bot = 1; export const shop = {};"),
      /exports no agent, but bot, shop/,
    );
    await refused(file("empty.mjs", ""), /exports no agent\. Export it/);
    await refused(
      file("broken.mjs", 'throw new Error("SHOP_KEY is not set");'),
      /cannot be loaded: SHOP_KEY is not set/,
    );
    await refused(file("needs.mjs", 'import "./nowhere.mjs";'), /cannot be loaded: .*nowhere/);
  });
});
