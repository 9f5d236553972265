import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { calculator, clock, fetchPage, forget, recall, remember } from "./index.ts";

it("importing the tools and making them loads neither undici nor ipaddr.js nor zod", () => {
  const index = fileURLToPath(new URL("./index.ts", import.meta.url));
  const program = `
    import { createRequire } from "node:module";
    const tools = await import(${JSON.stringify(index)});
    tools.calculator(); tools.clock(); tools.fetchPage();
    const loaded = Object.keys(createRequire(import.meta.url).cache);
    console.log(JSON.stringify(loaded.filter((file) => /node_modules[\\\\/](undici|ipaddr\\.js|zod)[\\\\/]/.test(file))));
  `;
  const output = execFileSync(process.execPath, ["--import", "tsx", "--input-type=module", "-e", program], {
    encoding: "utf8",
  });
  expect(JSON.parse(output)).toEqual([]);
});

it("every tool tells a model what it is for, with examples in English and Russian", () => {
  const store = {
    get: async () => undefined,
    take: async () => undefined,
    set: async () => {},
    delete: async () => {},
    entries: async () => [],
  };
  const tools = [calculator(), clock(), fetchPage(), remember({ store }), recall({ store }), forget({ store })];
  for (const each of tools) {
    expect(each.description.length, each.name).toBeGreaterThan(60);
    expect(
      each.examples.some((example) => /[a-z]{3}/i.test(example)),
      each.name,
    ).toBe(true);
    expect(
      each.examples.some((example) => /[а-я]{3}/i.test(example)),
      each.name,
    ).toBe(true);
    const { properties } = each.inputSchema as { properties: Record<string, { description?: string }> };
    for (const [name, property] of Object.entries(properties))
      expect(property.description, `${each.name}.${name}`).toBeTruthy();
  }
});
