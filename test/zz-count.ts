import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, type JobFiles } from "@beseda/core";
import { startModelServer } from "@beseda/core/testing";
import { createJobs, directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { startRedis } from "./servers/redis-server.ts";
const redis = await startRedis();
for (const [rows, delayMs, slowMs] of [[2000, 200, 0], [2000, 200, 30]] as const) {
  const folder = mkdtempSync("/tmp/h10/c-");
  const files = directoryFiles(`${folder}/files`);
  const counts: Record<string, number> = {};
  const count = (what: string, name: string) => {
    const kind = name.startsWith("job-index") ? "index" : name.includes("/journal/") ? "journal" : name.includes("/log/") ? "log" : name.startsWith("jobs/") ? "job" : "batch";
    counts[`${what} ${kind}`] = (counts[`${what} ${kind}`] ?? 0) + 1;
  };
  const slow = () => new Promise((r) => setTimeout(r, slowMs));
  const counted: JobFiles = {
    async put(name, bytes) { count("put", name); if (slowMs) await slow(); return files.put(name, bytes); },
    async *get(name) { count("get", name); if (slowMs) await slow(); yield* files.get(name); },
    async list(p) { count("list", p); if (slowMs) await slow(); return files.list(p); },
    async delete(p) { count("delete", p); if (slowMs) await slow(); return files.delete(p); },
  };
  const server = await startModelServer({ respond: () => ({ text: "yes", delayMs }) });
  const agent = new Agent({ name: "a", model: openaiCompatible({ baseURL: server.url, model: "test-model" }) });
  const engine = bullmqEngine({ connection: redis.url, files: counted, prefix: `p${slowMs}` });
  const jobs = createJobs({ agents: [agent], engine });
  writeFileSync(`${folder}/in.jsonl`, Array.from({ length: rows }, (_, id) => `${JSON.stringify({ id, prompt: `q ${id}` })}\n`).join(""));
  const t = performance.now();
  const batch = await jobs.batch(agent, `${folder}/in.jsonl`, { output: `${folder}/out.parquet`, concurrency: 16, calls: "sync" });
  await batch.result();
  console.log({ rows, slowMs, seconds: ((performance.now() - t) / 1000).toFixed(1) }, counts, "files left", (await files.list("")).length);
  await jobs.close(); await engine.close(); await server.close(); rmSync(folder, { recursive: true, force: true });
}
await redis.remove();
