// Loads undici with the first request, and only its dispatcher: half of the time that the whole of it takes (50 ms
// instead of 125 where it was measured), and loading is most of what a fresh process does before its first answer.
// undici lets every path be imported, and its version is pinned.
/// <reference path="./undici-agent.d.ts" />
import type { Agent } from "undici";

let agent: Agent | undefined;

/** The one agent of the process; nothing before it was loaded. */
export function openedAgent(): Agent | undefined {
  return agent;
}

export async function openAgent(): Promise<Agent> {
  const { default: DispatcherAgent } = await import("undici/lib/dispatcher/agent.js");
  agent ??= new DispatcherAgent({
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: 30_000,
    connect: { timeout: 10_000 },
  });
  return agent;
}
