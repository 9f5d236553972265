// Lets another process make many runs against a server in this one, and gives what they left behind.
import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { ReceivedRequest, ServerReply } from "@beseda/core/testing";
import { expect } from "vitest";
import { serving, tell } from "./fault-bench.ts";

export type LeftBehind = {
  /** Bytes after garbage collection, after each quarter of the runs. */
  heaps: number[];
  /** How many runs ended how. */
  ends: Record<string, number>;
  listeners: number;
  timers: number;
  sockets: number;
  /** What the server still has open, before the process ends. */
  mostConnections: number;
  requests: number;
  bytesPerRun: number;
};

/** Of every seven runs three end well, one fails, and three are stopped in three ways. */
export function expectNothingLeft(runs: number, left: LeftBehind, mostBytesPerRun: number): void {
  const seventh = runs / 7;
  expect(left.ends).toEqual({ stop: 3 * seventh, failed: seventh, aborted: 3 * seventh });
  expect(left.bytesPerRun).toBeLessThan(mostBytesPerRun);
  expect(left.listeners).toBe(0);
  expect(left.timers).toBe(0);
  expect(left.sockets).toBeLessThanOrEqual(16);
  expect(left.mostConnections).toBeLessThanOrEqual(48);
}

export async function manyRuns(runs: number): Promise<LeftBehind> {
  const server = await serving({ respond: replyTo });
  const script = fileURLToPath(new URL("many-runs-child.ts", import.meta.url));
  const args = ["--expose-gc", "--import", "tsx", script, server.url, `${runs}`];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  for await (const text of child.stdout) said += text;
  const left = JSON.parse(said);
  const [, second = 0, , last = 0] = left.heaps;
  const bytesPerRun = Math.round((last - second) / (runs / 2));
  const { mostConnections, requests } = server;
  tell("Many runs", {
    runs,
    requests: requests.length,
    ...left.ends,
    "heap MB after each quarter": left.heaps.map((bytes: number) => (bytes / 2 ** 20).toFixed(2)).join(" "),
    "bytes a run in the second half": bytesPerRun,
    listeners: left.listeners,
    timers: left.timers,
    "sockets kept": left.sockets,
    "sockets at most": mostConnections,
  });
  return { ...left, mostConnections, requests: requests.length, bytesPerRun };
}

/** The kind of a run is what its user says. */
function replyTo({ body }: ReceivedRequest): ServerReply {
  const messages = body.messages as { role: string; content: string }[];
  const call = (...names: string[]) => ({ toolCalls: names.map((name) => ({ name, arguments: {} })) });
  if (messages.length > 1) return { text: "Done." };
  switch (messages[0]?.content) {
    case "tools":
      return call("look", "fail", "look");
    case "timeout":
      return call("stall", "look");
    case "failed":
      return { status: 500, body: { error: { message: "broken" } } };
    case "finished":
      return { text: "Done." };
    default:
      return { text: ["So", " it"], ends: "never" };
  }
}
