// What a contestant can do, whoever it is: the work that is measured, done by each in its own way.
import type { z } from "zod";

export type OnText = (text: string) => void;

export type BenchTool = {
  name: string;
  description: string;
  /** zod is handed in, so that it is loaded only where it is needed. */
  schema(zod: typeof z): z.ZodObject;
  execute(input: unknown): Promise<string>;
};

export type AgentTask = {
  model: string;
  system: string;
  prompt: string;
  tools: readonly BenchTool[];
  maxSteps: number;
  stream: boolean;
  onText?: OnText;
};

export type Asked = { model: string; prompt: string; onText?: OnText };
export type Answer = { text: string };

export interface Contestant {
  streamText(asked: Asked): Promise<Answer>;
  /** The same by the stream that holds more than text; who has no other does the same again. */
  streamParts(asked: Asked): Promise<Answer>;
  /** Agent and tools are made anew each time, as a request handler does. */
  runAgent(task: AgentTask): Promise<Answer>;
  conversation(opening: {
    model: string;
    system: string;
    history: readonly { role: "user" | "assistant"; content: string }[];
  }): Promise<{ send(text: string, onText?: OnText): Promise<Answer> }>;
}

export type ContestantModule = { default(server: { baseURL: string; apiKey: string }): Promise<Contestant> };

export const files = { "hand-written": "hand-written.js", beseda: "contestant.mjs" } as const;
export type ContestantName = keyof typeof files;
