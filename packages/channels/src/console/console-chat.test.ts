import { once } from "node:events";
import { Readable } from "node:stream";
import { Agent, BesedaError, type Memory, type Message, tool } from "@beseda/core";
import { type ScriptedReply, scriptedModel } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { type ConsoleChatOptions, consoleChat } from "./console-chat.ts";
import { FakeScreen, FakeTerminal } from "./terminal.fake.ts";

const echo = (request: { messages: readonly Message[] }): ScriptedReply => {
  const last = request.messages.at(-1);
  return { text: ["You said ", `${last?.role === "user" ? last.content : "?"} (${request.messages.length})`] };
};

function keptInMap(): Memory & { readonly map: Map<string, Message[]> } {
  const map = new Map<string, Message[]>();
  return {
    map,
    load: async (threadId) => map.get(threadId) ?? [],
    async append(threadId, messages) {
      map.set(threadId, [...(map.get(threadId) ?? []), ...messages]);
    },
    threads: async () =>
      [...map.keys()].map((threadId) => ({
        threadId,
        createdAt: "2026-01-02T03:04:05Z",
        updatedAt: "2026-01-02T03:04:05Z",
      })),
    async delete(threadId) {
      map.delete(threadId);
    },
  };
}

async function pipe(agent: Agent, input: string | Readable, options: ConsoleChatOptions = {}) {
  const output = new FakeScreen({ isTTY: false });
  const errorOutput = new FakeScreen({ isTTY: false });
  const source = typeof input === "string" ? Readable.from([Buffer.from(input)]) : input;
  const exitCode = await consoleChat(agent, { input: source, output, errorOutput, ...options });
  return { exitCode, out: output.text, err: errorOutput.text };
}

describe("a chat without a terminal", () => {
  it("answers each line in its order, and writes only the answers", async () => {
    const agent = new Agent({ model: scriptedModel(echo), memory: keptInMap() });
    const { exitCode, out, err } = await pipe(agent, "one\n\nдва\n/help\n", { notes: ["a note"] });
    expect(out).toBe("You said one (1)\nYou said два (3)\nYou said /help (5)\n");
    expect([exitCode, err]).toEqual([0, ""]);
  });

  it("answers one message that is given to it, and leaves the input alone", async () => {
    const agent = new Agent({ model: scriptedModel(echo) });
    const untouched = new Readable({
      read() {
        throw new Error("the input was read");
      },
    });
    expect(await pipe(agent, untouched, { prompt: "hi" })).toEqual({ exitCode: 0, out: "You said hi (1)\n", err: "" });
  });

  it("goes on after a failure, reports it in one line, and ends with 1", async () => {
    const failing = new BesedaError("The server\nis away.", { code: "unavailable", hint: "Try later." });
    const model = scriptedModel((request, call) => (call === 0 ? { text: "half", error: failing } : echo(request)));
    const { exitCode, out, err } = await pipe(new Agent({ model }), "one\ntwo\n");
    expect([exitCode, err]).toEqual([1, "error: The server is away. Try later.\n"]);
    expect(out).toBe("half\nYou said two (1)\n");
  });

  it("does not send a line that is not UTF-8, and says so", async () => {
    const model = scriptedModel([{ text: "fine" }]);
    const input = Readable.from([Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from("ok\n")])]);
    const { exitCode, out, err } = await pipe(new Agent({ model }), input);
    expect([exitCode, out]).toEqual([1, "fine\n"]);
    expect(err).toMatch(/^error: Line 1 .* not valid UTF-8.*\n$/);
  });

  it("refuses an empty prompt, an empty thread and an empty input with what to do", async () => {
    const agent = new Agent({ model: scriptedModel([]) });
    const refused = expect.objectContaining({ code: "invalid-argument", hint: expect.any(String) });
    await expect(pipe(agent, "", { prompt: " " })).rejects.toEqual(refused);
    await expect(pipe(agent, "", { threadId: "", prompt: "hi" })).rejects.toEqual(refused);
    await expect(pipe(agent, "\n  \n")).rejects.toEqual(refused);
  });

  it("writes every part as a line of JSON, errors too, and nothing else", async () => {
    const odd = tool({
      name: "odd",
      description: "gives a bigint",
      inputSchema: { type: "object" },
      execute: () => 7n,
    });
    const model = scriptedModel([
      { toolCalls: [{ toolName: "odd", input: {} }] },
      { text: "a", error: new Error("b") },
    ]);
    const { exitCode, out, err } = await pipe(new Agent({ model, tools: [odd] }), "hi", { json: true });
    const parts = out
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(parts.map(({ type }) => type).filter((type) => !type.includes("input"))).toEqual([
      "start",
      "start-step",
      "tool-call",
      "tool-result",
      "finish-step",
      "start-step",
      "text-start",
      "text-delta",
      "text-end",
      "error",
    ]);
    expect(parts.at(-1).error).toMatchObject({ code: "internal", message: "b" });
    expect([exitCode, err]).toEqual([1, "error: b\n"]);
  });

  it("stops where nobody reads the output any more, keeps what was said, and ends with 1", async () => {
    const memory = keptInMap();
    const agent = new Agent({ model: scriptedModel(() => ({ text: ["a", "b"], hangs: true })), memory });
    const output = new FakeScreen({ isTTY: false });
    const errorOutput = new FakeScreen({ isTTY: false });
    output.destroy(new Error("write EPIPE"));
    expect(await consoleChat(agent, { prompt: "hi", json: true, output, errorOutput })).toBe(1);
    expect(errorOutput.text).toMatch(/^error: .*EPIPE.*\n$/);
    expect(memory.map.get("default")?.[0]).toMatchObject({ content: "hi" });
  });

  it("keeps the partial answer and ends with 130 where the process is interrupted", async () => {
    const memory = keptInMap();
    const agent = new Agent({ model: scriptedModel([{ text: "begun", hangs: true }]), memory });
    agent.on("text-delta", () => process.emit("SIGINT"));
    expect(await pipe(agent, "hi\nand then\n")).toEqual({ exitCode: 130, out: "begun\n", err: "" });
    expect(memory.map.get("default")).toMatchObject([
      { content: "hi" },
      { content: [{ type: "text", text: "begun" }] },
    ]);
  });

  it("shows where an error comes from only when it is asked to", async () => {
    const agent = () => new Agent({ model: scriptedModel([{ error: new Error("boom") }]) });
    expect((await pipe(agent(), "hi")).err).not.toContain("    at ");
    expect((await pipe(agent(), "hi", { verbose: true })).err).toContain("    at ");
  });
});

describe("a chat at a terminal", () => {
  const start = (agent: Agent, options: ConsoleChatOptions = {}) => {
    const terminal = new FakeTerminal();
    const { input, output, errorOutput } = terminal;
    const exitCode = consoleChat(agent, { input, output, errorOutput, ...options });
    return { terminal, exitCode, ready: output.shows("you › ") };
  };

  it("says what answers, where it is kept and how the thread goes on, answers, and leaves with Ctrl-D", async () => {
    const memory = keptInMap();
    await memory.append("default", [{ role: "user", content: "before" }]);
    const { terminal, exitCode, ready } = start(new Agent({ name: "bot", model: scriptedModel(echo), memory }), {
      notes: ["Kept in a map."],
    });
    await ready;
    expect(terminal.output.text).toMatch(
      /bot · scripted\nKept in a map\.\nContinuing the thread “default”, last used 2026-/,
    );
    expect(terminal.isRaw).toBe(true);
    await terminal.type("привет\r", "bot › You said привет (2)\n");
    await terminal.type("\x04", "\n");
    expect(await exitCode).toBe(0);
    expect(terminal.isRaw).toBe(false);
  });

  it("stops an answer with Ctrl-C, keeps what there is of it, and leaves at the second Ctrl-C with 130", async () => {
    const memory = keptInMap();
    const model = scriptedModel([{ text: "I begin", hangs: true }, { text: "again" }, { text: "more", hangs: true }]);
    const { terminal, exitCode, ready } = start(new Agent({ model, memory }));
    await ready;
    await terminal.type("go\r", "I begin");
    await terminal.type("\x03", "■ stopped\n\nyou › ");
    expect(memory.map.get("default")?.[1]).toMatchObject({ content: [{ text: "I begin" }], finishReason: "aborted" });
    await terminal.type("on\r", "again\n\nyou › ");
    await terminal.type("\x03", "Ctrl-C again leaves.\n\nyou › ");
    await terminal.type("and on\r", "more");
    await terminal.type("\x03", "■ stopped\n\nyou › ");
    terminal.input.write("\x03");
    expect(await exitCode).toBe(130);
  });

  it("leaves at once at the second Ctrl-C where the first one cannot stop the run", async () => {
    let isStuck = () => {};
    const stuck = new Promise<void>((resolve) => {
      isStuck = resolve;
    });
    const append = () => {
      isStuck();
      return new Promise<never>(() => {});
    };
    const { terminal, exitCode, ready } = start(
      new Agent({ model: scriptedModel([]), memory: { ...keptInMap(), append } }),
    );
    await ready;
    terminal.input.write("go\r");
    await stuck;
    terminal.input.write("\x03\x03");
    expect(await exitCode).toBe(130);
  });

  it("first empties a line that was begun", async () => {
    const { terminal, exitCode, ready } = start(new Agent({ model: scriptedModel(echo) }));
    await ready;
    await terminal.type("some\x03", "Ctrl-C again leaves.\n\nyou › ");
    await terminal.type("ok\r", "You said ok (1)\n");
    terminal.input.write("\x04");
    expect(await exitCode).toBe(0);
  });

  it("keeps what is typed during an answer for afterwards", async () => {
    const { terminal, exitCode, ready } = start(new Agent({ name: "bot", model: scriptedModel(echo) }));
    await ready;
    terminal.input.write("one\rtwo\r\x04");
    expect(await exitCode).toBe(0);
    const { text } = terminal.output;
    expect(text.indexOf("You said two")).toBeGreaterThan(text.indexOf("You said one (1)\n"));
    expect(text.match(/two/g)).toHaveLength(2);
  });

  it("takes pasted lines for one message", async () => {
    const model = scriptedModel([{ text: "thanks" }]);
    const { terminal, exitCode, ready } = start(new Agent({ model }));
    await ready;
    await terminal.type("see \x1b[200~one\r\ntwo\n\tthree\x07\n\x1b[201~", "see");
    await terminal.type("\r", "thanks");
    terminal.input.write("\x04");
    await exitCode;
    expect(model.requests[0]?.messages).toMatchObject([{ content: "see one\ntwo\n three" }]);
  });

  it("brings back with the arrow keys what was said before the start", async () => {
    const memory = keptInMap();
    await memory.append("work", [
      { role: "user", content: "first\nline" },
      { role: "user", content: "second" },
    ]);
    const model = scriptedModel([{ text: "ok" }]);
    const { terminal, exitCode, ready } = start(new Agent({ model, memory }), { threadId: "work" });
    await ready;
    await terminal.type("\x1b[A\x1b[A\r", "ok");
    terminal.input.write("\x04");
    await exitCode;
    expect(model.requests[0]?.messages.at(-1)).toMatchObject({ content: "first\nline" });
  });

  it("obeys commands, and sends a message with two slashes to the model", async () => {
    const memory = keptInMap();
    const model = scriptedModel(echo);
    const add = tool({ name: "add", description: "adds numbers", inputSchema: { type: "object" }, execute: () => 1 });
    const make = (modelId: string) => new Agent({ model: { ...model, modelId }, memory, tools: [add] });
    const switchModel = (id: string) => {
      if (id === "none") throw new BesedaError("There is no such model.", { code: "invalid-argument" });
      return make(id);
    };
    const { terminal, exitCode, ready } = start(make("scripted"), { switchModel });
    await ready;
    await terminal.type("/usage\r", "No tokens yet.\n\nyou › ");
    await terminal.type("//etc\r", "You said /etc (1)\n\nyou › ");
    await terminal.type("/help\r", "/reset              forgets");
    await terminal.type("/tools\r", "add  adds numbers");
    await terminal.type("/usage\r", "out, estimated");
    await terminal.type("/model\r", "scripted answers.");
    await terminal.type("/model other\r", "scripted:other answers from now on.");
    terminal.input.write("/model none\r");
    await terminal.errorOutput.shows("error: There is no such model.\n");
    await terminal.type("/thread side\r", "A new thread, “side”.");
    await terminal.type("here\r", "You said here (1)\n\nyou › ");
    await terminal.type("/thread\r", "There are also:\n  default");
    await terminal.type("/reset\r", "“side” is forgotten");
    expect([...memory.map.keys()]).toEqual(["default"]);
    await terminal.type("/nonsense\r", "There is no command /nonsense. There are: /help");
    terminal.input.write("/exit\r");
    expect(await exitCode).toBe(0);
  });

  it("reports a failed answer and goes on", async () => {
    const model = scriptedModel([{ error: new Error("boom") }, { text: "better" }]);
    const { terminal, exitCode, ready } = start(new Agent({ model }));
    await ready;
    terminal.input.write("one\r");
    await terminal.errorOutput.shows("error: boom\n");
    await terminal.type("two\r", "better");
    terminal.input.end();
    expect(await exitCode).toBe(0);
  });

  it("shows a single answer as it looks in the chat, without a prompt", async () => {
    const { output, errorOutput, input } = new FakeTerminal();
    const agent = new Agent({ name: "bot", model: scriptedModel([{ reasoning: "hm", text: "yes" }]) });
    expect(await consoleChat(agent, { prompt: "really?", input, output, errorOutput, dumb: true })).toBe(0);
    expect(output.text).toBe("∴ hm\nbot › yes\n");
  });
});

describe("a call that waits for an approval", () => {
  const erased: string[] = [];
  const erase = tool({
    name: "erase",
    description: "",
    inputSchema: { type: "object" },
    needsApproval: true,
    execute: ({ file }) => {
      erased.push(String(file));
      return `${file} is gone`;
    },
  });
  const call = (file: string): ScriptedReply => ({ toolCalls: [{ toolName: "erase", input: { file } }] });

  it("is asked for in line, and carried out after /approve, or refused after /deny with a reason", async () => {
    const model = scriptedModel([call("a"), { text: "Gone." }, call("b"), { text: "Kept." }]);
    const terminal = new FakeTerminal();
    const exitCode = consoleChat(new Agent({ model, tools: [erase], memory: keptInMap() }), terminal);
    await terminal.output.shows("you › ");
    await terminal.type("erase a\r", '⏸ erase {"file":"a"}\nThis waits for you: /approve, or /deny REASON.\n\nyou › ');
    await terminal.type("/approve 7\r", 'There is no call 7. These wait:\n  1  erase {"file":"a"}\n\nyou › ');
    expect(erased).toEqual([]);
    await terminal.type("/approve\r", "Gone.\n\nyou › ");
    expect(terminal.output.text).toContain("↳ erase: a is gone\n");
    expect(erased).toEqual(["a"]);
    await terminal.type("/approve\r", "Nothing waits for an approval on this thread.\n\nyou › ");
    await terminal.type("erase b\r", "/deny REASON.\n\nyou › ");
    await terminal.type("/deny not that one\r", "Kept.\n\nyou › ");
    expect(erased).toEqual(["a"]);
    expect(model.requests.at(-1)?.messages.at(-1)).toMatchObject({ output: expect.stringContaining("not that one") });
    await terminal.type("\x04", "\n");
    expect(await exitCode).toBe(0);
  });

  it("is carried out only where nothing but its number stands behind /approve", async () => {
    erased.length = 0;
    const both = ["a", "b"].map((file) => ({ toolName: "erase", input: { file } }));
    const terminal = new FakeTerminal();
    const agent = new Agent({ model: scriptedModel([{ toolCalls: both }]), tools: [erase], memory: keptInMap() });
    const exitCode = consoleChat(agent, terminal);
    await terminal.output.shows("you › ");
    await terminal.type("erase both\r", "/deny REASON.\n\nyou › ");
    const waiting = '  1  erase {"file":"a"}\n  2  erase {"file":"b"}\n\nyou › ';
    for (const wrong of ["b", "2nd", "1 2", "0"]) {
      await terminal.type(`/approve ${wrong}\r`, `There is no call ${wrong}. These wait:\n${waiting}`);
    }
    expect(erased).toEqual([]);
    await terminal.type("/approve 2\r", "/deny REASON.\n\nyou › ");
    expect(erased).toEqual(["b"]);
    await terminal.type("\x04", "\n");
    expect(await exitCode).toBe(0);
  });

  it("goes on waiting where Ctrl-C stops another one that was approved with it", async () => {
    const begun: string[] = [];
    const pay = tool({
      name: "pay",
      description: "",
      inputSchema: { type: "object" },
      needsApproval: true,
      execute: async ({ to }, { progress, signal }) => {
        begun.push(String(to));
        progress("on its way");
        await once(signal, "abort");
      },
    });
    const asks = (to: string): ScriptedReply => ({ toolCalls: [{ toolName: "pay", input: { to } }] });
    const terminal = new FakeTerminal();
    const agent = new Agent({ model: scriptedModel([asks("ann"), asks("bob")]), tools: [pay], memory: keptInMap() });
    const exitCode = consoleChat(agent, terminal);
    await terminal.output.shows("you › ");
    for (const to of ["ann", "bob"]) await terminal.type(`pay ${to}\r`, "/deny REASON.\n\nyou › ");
    await terminal.type("/approve\r", "on its way");
    await terminal.type("\x03", "■ stopped\n\nyou › ");
    const waiting = (await agent.pending("default")).map(({ input }) => (input as { to: string }).to);
    expect(waiting).toHaveLength(1);
    expect([...begun, ...waiting].sort()).toEqual(["ann", "bob"]);
    terminal.input.write("\x03");
    expect(await exitCode).toBe(130);
  });

  it("is said in a pipe, where nobody can answer it", async () => {
    const { out } = await pipe(new Agent({ model: scriptedModel([call("c")]), tools: [erase] }), "erase c\n");
    expect(out).toMatch(/^Waiting for an approval: erase {"file":"c"}\. .*\/approve.*\n$/);
  });
});
