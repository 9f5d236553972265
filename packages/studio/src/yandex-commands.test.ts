import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "../../../test/fakes/yandex/yandex-server.ts";
import { classify } from "./classify-command.ts";
import { image } from "./image-command.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "beseda-yandex-"));
let server: YandexServer;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startYandexServer({ quotas: { classification: { perSecond: 100 } } });
  const { origin, account } = server;
  const endpoints = { YC_LLM_ENDPOINT: origin, YC_OPENAI_ENDPOINT: origin, YC_OPERATION_ENDPOINT: origin };
  env = { YC_API_KEY: account.apiKey, YC_FOLDER_ID: account.folderId, ...endpoints };
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

function start(args: string[], { input = "", settings = env }: { input?: string; settings?: object } = {}) {
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, ...settings },
    stdio: "pipe",
  });
  const texts = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (texts.err += text));
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  return { child, ended: once(child, "close").then(([exitCode]) => ({ exitCode, ...texts })) };
}

const beseda = (args: string[], options?: Parameters<typeof start>[1]) => start(args, options).ended;
const painted = () => server.ledger.filter(({ path }) => path.endsWith("/imageGenerationAsync"));
const file = (name: string) => join(folder, name);
const oneLine = expect.stringMatching(/^error: [^\n]+\n$/);

describe("beseda image", () => {
  it("paints a picture into a file, and says what came of it", async () => {
    const args = ["image", "a red fox", "-o", file("fox.jpg"), "--seed", "42", "--aspect", "16:9"];
    expect(await beseda(args)).toEqual({
      exitCode: 0,
      out: expect.stringMatching(/fox\.jpg: \d+ KB, image\/jpeg\n$/),
      err: "",
    });
    expect([...readFileSync(file("fox.jpg")).subarray(0, 3)]).toEqual([0xff, 0xd8, 0xff]);
    expect(painted().at(-1)?.body).toMatchObject({
      generationOptions: { seed: "42", aspectRatio: { widthRatio: "16", heightRatio: "9" } },
    });
    const { out } = await beseda(["image", "a cat", "-o", file("cat.jpg"), "--json", "--model", "yandex:yandex-art"]);
    const { length } = readFileSync(file("cat.jpg"));
    expect(JSON.parse(out)).toEqual({ file: file("cat.jpg"), bytes: length, mediaType: "image/jpeg" });
  }, 30_000);

  it("does not write over a file, nor pay for a picture that has no place, unless --force says so", async () => {
    writeFileSync(file("kept.jpg"), "mine");
    const before = painted().length;
    const there = await beseda(["image", "a fox", "-o", file("kept.jpg")]);
    expect(there).toEqual({ exitCode: 2, out: "", err: oneLine });
    expect(there.err).toContain("--force");
    expect(painted()).toHaveLength(before);
    expect(readFileSync(file("kept.jpg"), "utf8")).toBe("mine");
    expect((await beseda(["image", "a fox", "-o", file("kept.jpg"), "--force"])).exitCode).toBe(0);
    expect(readFileSync(file("kept.jpg"))[0]).toBe(0xff);
  }, 30_000);

  it("leaves no file behind where there is no picture, and says in one line why", async () => {
    const unpainted = (prompt: string, options: object = {}) => image(prompt, { output: file("none.jpg"), ...options });
    const failures: [() => Promise<unknown>, string, RegExp][] = [
      [() => unpainted("x".repeat(501)), "too-large", /501 characters/],
      [() => unpainted("something improper"), "rejected", /other words/],
      [() => unpainted("a fox", { seed: "many" }), "invalid-argument", /whole number/],
      [() => unpainted("a fox", { aspect: "wide" }), "invalid-argument", /16:9/],
      [() => unpainted("a fox", { model: "openai:dall-e" }), "invalid-argument", /Yandex AI Studio/],
      [() => image("a fox", { output: file("no/such/folder.jpg") }), "invalid-argument", /folder that is there/],
    ];
    for (const [failure, code, advice] of failures) {
      await expect(failure()).rejects.toMatchObject({ code, advice: expect.stringMatching(advice) });
    }
    expect(readdirSync(folder).filter((name) => name.startsWith("none"))).toEqual([]);
    expect(await beseda(["image", "a fox"])).toMatchObject({ exitCode: 2, err: expect.stringContaining("--output") });
  }, 30_000);

  it("calls the picture off with Ctrl-C, leaving no file", async () => {
    server.operations.plans.push({ unfinished: "never" });
    const known = server.operations.all.length;
    const { child, ended } = start(["image", "a slow fox", "-o", file("slow.jpg")]);
    await expect.poll(() => server.operations.all[known]?.polls, { timeout: 20_000 }).toBeGreaterThan(0);
    child.kill("SIGINT");
    expect(await ended).toEqual({ exitCode: 130, out: "", err: oneLine });
    expect(server.operations.all[known]?.isCancelled).toBe(true);
    expect(existsSync(file("slow.jpg"))).toBe(false);
  }, 30_000);
});

describe("beseda classify", () => {
  it("writes the labels of a text, the likeliest first; the text may come as input", async () => {
    const args = ["classify", "--labels", "delivery, payment", "--sample", "A = B?=payment"];
    const [told, read] = await Promise.all([
      beseda([...args, "Where is my delivery?"]),
      beseda([...args, "--json", "--task", "What is it about?"], { input: "Where is my\ndelivery?\n" }),
    ]);
    expect(told).toEqual({ exitCode: 0, out: "0.83  delivery\n0.17  payment\n", err: "" });
    expect(JSON.parse(read.out)).toMatchObject({ label: "delivery", predictions: [{ label: "delivery" }, {}] });
    const asked = server.ledger.filter(({ path }) => path.endsWith("/fewShotTextClassification"));
    expect(asked.map(({ body }) => body)).toContainEqual({
      modelUri: `cls://${server.account.folderId}/yandexgpt-lite/latest`,
      taskDescription: "What is it about?",
      labels: ["delivery", "payment"],
      samples: [{ text: "A = B?", label: "payment" }],
      text: "Where is my\ndelivery?",
    });
  }, 30_000);

  it("takes a tuned classifier without labels", async () => {
    const model = `cls://${server.account.folderId}/yandexgpt-lite/latest@tamrabc`;
    server.models.addTuned(model);
    const { out } = await beseda(["classify", "A complaint", "--model", "yandexgpt-lite/latest@tamrabc"]);
    expect(out).toMatch(/^0\.71 {2}complaint\n/);
  }, 30_000);

  it("says in one line what is missing", async () => {
    const refused = async (text: string, options: object, advice: RegExp) => {
      const failure = { code: "invalid-argument", advice: expect.stringMatching(advice) };
      await expect(classify(text, options)).rejects.toMatchObject(failure);
    };
    await refused("Hi", {}, /--labels/);
    await refused("Hi", { labels: "one" }, /2 to 20/);
    await refused("Hi", { labels: "a,b", sample: ["no label"] }, /--sample/);
    const silent = await beseda(["classify", "--labels", "a,b"]);
    expect(silent).toEqual({ exitCode: 2, out: "", err: oneLine });
    expect(silent.err).toContain("There is no text");
  }, 30_000);
});

describe("beseda tokens", () => {
  it("counts and shows the tokens of a text; the text may come as input", async () => {
    const [told, read] = await Promise.all([
      beseda(["tokens", "ping"]),
      beseda(["tokens", "--json", "--model", "yandex:yandexgpt-lite/latest"], { input: "ping\n" }),
    ]);
    expect(told).toEqual({ exitCode: 0, out: "2 tokens\n<s>|▁ping\n", err: "" });
    const { count, tokens } = JSON.parse(read.out);
    expect([count, tokens[0], tokens[1].text]).toEqual([2, { id: 1, text: "<s>", isSpecial: true }, "▁ping"]);
  }, 30_000);
});

describe("beseda, with the variables of Yandex AI Studio set", () => {
  it("chats with its models: the named one, and the usual one where none is named", async () => {
    server.script.add({ text: ["Good ", "day."] }, { text: "Hello again." });
    const named = await beseda(["chat", "Hello", "--model", "yandex:yandexgpt-lite/latest", "--memory", file("a")]);
    expect(named).toEqual({ exitCode: 0, out: "Good day.\n", err: "" });
    expect((await beseda(["chat", "Hello", "--memory", file("b")])).out).toBe("Hello again.\n");
    expect(server.script.requests.map(({ modelUri }) => modelUri.split("/").slice(3).join("/"))).toEqual([
      "yandexgpt-lite/latest",
      "yandexgpt/latest",
    ]);
  }, 30_000);

  it("lists the models that can be talked to", async () => {
    const { exitCode, out } = await beseda(["models", "--json"]);
    const ids = JSON.parse(out).map(({ id }: { id: string }) => id);
    expect(exitCode).toBe(0);
    expect(ids[0]).toBe("offline");
    expect(ids).toContain("yandex:yandexgpt/latest");
    expect(ids.filter((id: string) => /emb:|art:|cls:|gpt:/.test(id))).toEqual([]);
  }, 30_000);

  it("says which variable to set where there is none, and what is wrong with the key", async () => {
    const commands = [
      ["image", "a fox", "-o", file("fox.jpg")],
      ["chat", "Hi", "--model", "yandex:yandexgpt/latest"],
    ];
    const keyless = await Promise.all(commands.map((args) => beseda(args, { settings: {} })));
    for (const result of keyless) {
      expect(result).toEqual({ exitCode: 2, out: "", err: oneLine });
      expect(result.err).toContain("YC_API_KEY");
    }
    const wrong = await beseda(["tokens", "Hi"], { settings: { ...env, YC_API_KEY: "AQVNwrong-key-0123456789" } });
    expect(wrong).toEqual({ exitCode: 1, out: "", err: oneLine });
    expect(wrong.err).not.toContain("AQVNwrong");
  }, 30_000);
});
