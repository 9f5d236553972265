// A conversation at the console: who answers, on which thread, and what it has cost.
import type { Writable } from "node:stream";
import { type Agent, type AgentInput, addUsage, noUsage, type Usage } from "@beseda/core";
import { errorText } from "./error-text.ts";
import type { Paint } from "./paint.ts";
import type { PrintPart } from "./plain-answer.ts";

export type SessionOptions = {
  agent: Agent;
  threadId: string;
  userId: string | undefined;
  output: Writable;
  errorOutput: Writable;
  /** The colours of `errorOutput`. */
  errorPaint: Paint;
  verbose: boolean;
  switchModel: ((modelId: string) => Agent | Promise<Agent>) | undefined;
};

export class Session {
  agent: Agent;
  threadId: string;
  usage: Usage = noUsage;
  lastUsage: Usage | undefined;
  readonly switchModel: SessionOptions["switchModel"];
  readonly #userId: string | undefined;
  readonly #output: Writable;
  readonly #errorOutput: Writable;
  readonly #errorPaint: Paint;
  readonly #verbose: boolean;

  constructor(options: SessionOptions) {
    const { agent, threadId, userId, output, errorOutput, errorPaint, verbose, switchModel } = options;
    this.agent = agent;
    this.threadId = threadId;
    this.switchModel = switchModel;
    this.#userId = userId;
    this.#output = output;
    this.#errorOutput = errorOutput;
    this.#errorPaint = errorPaint;
    this.#verbose = verbose;
  }

  /** One message and its answer. Resolves to whether it was answered; what went wrong has then been reported. */
  async answer(input: AgentInput, print: PrintPart, signal: AbortSignal): Promise<boolean> {
    let isAnswered = true;
    try {
      const run = this.agent.stream(input, { threadId: this.threadId, userId: this.#userId, signal });
      for await (const part of run.fullStream) {
        await this.write(print(part));
        if (part.parentCallId !== undefined) continue;
        if (part.type === "error") {
          isAnswered = false;
          this.report(part.error);
        }
        if (part.type === "finish" || part.type === "abort" || part.type === "error") this.#count(part.totalUsage);
      }
    } catch (thrown) {
      this.report(thrown);
      return false;
    }
    return isAnswered;
  }

  /** Waits where the reader is slow, so that a long answer does not pile up here. */
  async write(text: string): Promise<void> {
    const output = this.#output;
    if (text === "" || output.destroyed || output.write(text)) return;
    await new Promise<void>((resolve) => {
      const events = ["drain", "error", "close"];
      const done = () => {
        for (const event of events) output.off(event, done);
        resolve();
      };
      for (const event of events) output.on(event, done);
    });
  }

  report(thrown: unknown): void {
    const text = errorText(thrown, { verbose: this.#verbose });
    this.#errorOutput.write(`${this.#errorPaint.error("error:")} ${text}\n`);
  }

  /** A line beside the answers. */
  note(line: string): void {
    this.#errorOutput.write(`${this.#errorPaint.dim(line)}\n`);
  }

  #count(usage: Usage): void {
    this.lastUsage = usage;
    this.usage = addUsage(this.usage, usage);
  }
}
