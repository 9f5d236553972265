import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { type ModelServer, type ReceivedRequest, startModelServer } from "@beseda/core/testing";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

// Each test starts whole processes.
vi.setConfig({ testTimeout: 30_000 });

const main = fileURLToPath(new URL("./main.ts", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "beseda-cli-"));
let server: ModelServer;

/** A chunk that is not the last one. */
const delta = (content: string) => `data: ${JSON.stringify({ choices: [{ index: 0, delta: { content } }] })}\n\n`;

beforeAll(async () => {
  server = await startModelServer({
    apiKey: "right",
    respond: (request) => {
      const said = messagesOf(request);
      const last = said.at(-1)?.content;
      if (last === "hang") return { raw: [delta("I begin"), delta(" and never end")], ends: "never" };
      if (last === "long") return { text: Array<string>(2_000).fill("A line of a long answer.\n") };
      return { text: [`“${last}” is message `, `${said.filter(({ role }) => role === "user").length}`] };
    },
  });
});

afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

type Started = { child: ChildProcess; ended: Promise<{ exitCode: number | null; out: string; err: string }> };

function start(
  args: string[],
  { env = {}, input }: { env?: Record<string, string>; input?: string | Buffer } = {},
): Started {
  const child = spawn(process.execPath, ["--import", "tsx", main, ...args], {
    env: { PATH: process.env.PATH, HOME: folder, OPENAI_BASE_URL: server.url, OPENAI_API_KEY: "right", ...env },
    stdio: "pipe",
  });
  const texts = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text) => (texts.out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (texts.err += text));
  // One that has ended early reads no more.
  child.stdin.on("error", () => {});
  if (input !== undefined) child.stdin.end(input);
  const ended = once(child, "close").then(([exitCode]) => ({ exitCode, ...texts }));
  return { child, ended };
}

const beseda = (args: string[], options?: Parameters<typeof start>[1]) => start(args, options).ended;
const memory = (name: string) => ["--memory", join(folder, name)];

function messagesOf({ body }: ReceivedRequest): { role: string; content: string }[] {
  return body.messages as { role: string; content: string }[];
}

const oneLine = expect.stringMatching(/^error: [^\n]+\n$/);

describe("beseda chat", () => {
  it("continues the same conversation at the next start, for lines and for a prompt", async () => {
    expect(await beseda(["chat"], { input: "one\nдва\n" })).toEqual({
      exitCode: 0,
      out: "“one” is message 1\n“два” is message 2\n",
      err: "",
    });
    const prompted = await beseda(["chat", "three"], { input: "" });
    expect(prompted).toEqual({ exitCode: 0, out: "“three” is message 3\n", err: "" });
  });

  it("needs no key for the embedded model, which calls tools", async () => {
    const offline = { env: { OPENAI_BASE_URL: "", OPENAI_API_KEY: "" }, input: "" };
    const { exitCode, out, err } = await beseda(["chat", "What is 17*23?", "--thread", "sums"], offline);
    expect(out).toContain("391");
    expect([exitCode, err]).toEqual([0, ""]);
  });

  it("writes every part as a line of JSON with --json, and nothing else", async () => {
    const { exitCode, out } = await beseda(["chat", "hi", "--json", ...memory("json")], { input: "" });
    const parts = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(parts[0].type).toBe("start");
    expect(parts.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
    expect(exitCode).toBe(0);
  });

  it("refuses a memory that another chat has open, which goes on undisturbed", async () => {
    const first = start(["chat", ...memory("shared")]);
    first.child.stdin?.write("one\n");
    await once(first.child.stdout as NodeJS.ReadableStream, "data");
    const second = await beseda(["chat", "two", ...memory("shared")], { input: "" });
    expect(second).toEqual({ exitCode: 1, out: "", err: oneLine });
    expect(second.err).toContain("--memory");
    first.child.stdin?.end("two\n");
    expect(await first.ended).toMatchObject({ exitCode: 0, out: "“one” is message 1\n“two” is message 2\n" });
  });

  it("stops with Ctrl-C, keeping what was said, and ends with 130", async () => {
    const hanging = start(["chat", "hang", "--json", ...memory("stopped")], { input: "" });
    let seen = "";
    let isAsked = false;
    for await (const text of hanging.child.stdout as NodeJS.ReadableStream) {
      seen += text;
      // Once: a second signal would not wait for anything.
      if (!isAsked && seen.includes("never end")) isAsked = hanging.child.kill("SIGINT");
    }
    expect(await hanging.ended).toMatchObject({ exitCode: 130, err: "" });
    expect(seen).toContain('"type":"abort"');
    await beseda(["chat", "go on", ...memory("stopped")], { input: "" });
    const said = messagesOf(server.requests.at(-1) as ReceivedRequest).map(({ content }) => content);
    expect(said.slice(-3)).toEqual(["hang", "I begin and never end", "go on"]);
  });

  it("says so in one line where nobody reads the output to its end", async () => {
    const { child, ended } = start(["chat", "long", "--json", ...memory("pipe")], { input: "" });
    child.stdout?.once("data", () => child.stdout?.destroy());
    expect(await ended).toMatchObject({ exitCode: 1, err: oneLine });
  });

  it("says in one line what to do about bad input", async () => {
    const unsent = async (args: string[], input: string | Buffer, exitCode: number, advice: string) => {
      const result = await beseda(["chat", ...args], { input });
      expect(result).toEqual({ exitCode, out: "", err: oneLine });
      expect(result.err).toContain(advice);
    };
    await Promise.all([
      unsent(["--model", "", "hi"], "", 2, "--model"),
      unsent(["--model", "openai:unknown", "hi", ...memory("404")], "", 1, "does not exist"),
      unsent(memory("no-input"), "", 2, "one message on each line"),
      unsent(memory("long"), "x".repeat(5_000_000), 1, "in parts"),
      unsent(memory("bytes"), Buffer.from([0xcf, 0xf0, 0x0a]), 1, "UTF-8"),
      unsent(["hi", "--memory", join(main, "inside-a-file")], "", 1, "--memory"),
      unsent(["--nonsense"], "", 2, "--help"),
      unsent(["--reasoning", "deep"], "", 2, "off, native, prompted"),
      unsent(["two", "words"], "", 2, "quotes"),
    ]);
  }, 30_000);

  it("says in one line what to do without a key and without a server, and with --verbose where it comes from", async () => {
    const noKey = { env: { OPENAI_BASE_URL: "", OPENAI_API_KEY: "" }, input: "" };
    const noServer = { env: { OPENAI_BASE_URL: "http://127.0.0.1:9/v1" }, input: "" };
    const named = (name: string) => ["chat", "hi", "--model", "openai:test-model", ...memory(name)];
    const [keyless, away, { err }] = await Promise.all([
      beseda(named("a"), noKey),
      beseda(named("b"), noServer),
      beseda([...named("c"), "--verbose"], noServer),
    ]);
    expect(keyless).toEqual({ exitCode: 2, out: "", err: oneLine });
    expect(away).toEqual({ exitCode: 1, out: "", err: oneLine });
    expect(err).toMatch(/^ +at /m);
    expect(err).toContain("caused by");
  }, 30_000);
});

describe("beseda models", () => {
  it("lists the embedded model always, and what the server has", async () => {
    const { exitCode, out, err } = await beseda(["models", "--json"]);
    expect(JSON.parse(out).map(({ id }: { id: string }) => id)).toEqual(["offline", "openai:test-model"]);
    expect([exitCode, err]).toEqual([0, ""]);
    const alone = await beseda(["models"], { env: { OPENAI_BASE_URL: "", OPENAI_API_KEY: "" } });
    expect(alone.out).toMatch(/^offline +\S/);
    expect(alone.err).toContain("OPENAI_API_KEY");
    const keyless = await beseda(["models"], { env: { OPENAI_API_KEY: "wrong" } });
    expect(keyless).toMatchObject({ exitCode: 1, out: expect.stringMatching(/^offline /), err: oneLine });
  }, 30_000);
});

describe("beseda", () => {
  it("answers though a promise that nobody waits for is rejected, and says so", async () => {
    const stray = `process.on("newListener", (name) => {
      if (name === "unhandledRejection") setImmediate(() => Promise.reject(new Error("stray")));
    })`;
    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(stray)}` };
    const { exitCode, out, err } = await beseda(["chat", "hi", "--model", "openai:test-model", ...memory("stray")], {
      env,
    });
    expect({ exitCode, out, err }).toEqual({ exitCode: 0, out: "“hi” is message 1\n", err: "error: stray\n" });
  });

  it.skipIf(!existsSync("/dev/full"))("fails where there is no room for its output", async () => {
    const full = openSync("/dev/full", "w");
    const child = spawn(process.execPath, ["--import", "tsx", main, "models", "--json"], {
      env: { PATH: process.env.PATH, HOME: folder },
      stdio: ["ignore", full, "pipe"],
    });
    closeSync(full);
    const [[exitCode], err] = await Promise.all([once(child, "close"), text(child.stderr as NodeJS.ReadableStream)]);
    expect({ exitCode, err }).toEqual({ exitCode: 1, err: oneLine });
  });

  it("tells its version and its commands", async () => {
    expect((await beseda(["--version"])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect(await beseda(["--help"])).toMatchObject({ exitCode: 0, out: expect.stringMatching(/chat[\s\S]*models/) });
    expect((await beseda([])).exitCode).toBe(2);
    expect((await beseda(["tune", "--help"])).out).toMatch(/same\s+command\s+again\s+finds/);
  });

  it("takes options behind the -- that a package manager hands on", async () => {
    const run = { env: { npm_lifecycle_event: "start" }, input: "" };
    const { exitCode, out } = await beseda(["chat", "--", "--thread", "dashes", "hi"], run);
    expect([exitCode, out]).toEqual([0, "“hi” is message 1\n"]);
  });
});
