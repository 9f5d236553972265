import { spawn } from "node:child_process";
import { mkdtempSync } from "node:fs";
import { Agent } from "@beseda/core";
import { openaiCompatible } from "../../../providers/src/openai-compatible/openai-compatible.ts";
import { partPlace, workOn } from "./part/part-place.fake.ts";
import { localEngine } from "../engines/local/local-engine.ts";
const { default: PQueue } = await import("p-queue");
const { Agent: Undici, request } = await import("undici");
const child = spawn("node", ["/tmp/h8/server.mjs"]);
const port = Number(await new Promise((r) => child.stdout.once("data", (d) => r(String(d)))));
const baseURL = `http://127.0.0.1:${port}/v1`;
const rows = 4000, c = Number(process.argv[3] ?? 16);
async function bare() {
  const q = new PQueue({ concurrency: c }); const d = new Undici({ connections: c }); const out: unknown[] = [];
  for (let i = 0; i < rows; i++) void q.add(async () => {
    const { body } = await request(`${baseURL}/chat/completions`, { method: "POST", dispatcher: d, headers: { "content-type": "application/json", authorization: "Bearer k" }, body: JSON.stringify({ model: "m", messages: [{ role: "user", content: `row ${i}` }] }) });
    const j = (await body.json()) as any; out.push({ i, text: j.choices[0].message.content, usage: j.usage });
  });
  await q.onIdle(); await d.close();
}
const model = openaiCompatible({ baseURL, apiKey: "k", model: "m" });
const engineKind = process.argv[2];
let n = 0;
async function ours() {
  const engine = engineKind === "local" ? localEngine(mkdtempSync("/tmp/h8/e-")) : undefined;
  const place = await partPlace(new Agent({ model }), { rows, concurrency: c, batchId: `b${n++}` }, engine);
  const t = process.cpuUsage(), w = performance.now();
  await workOn(place);
  const u = process.cpuUsage(t);
  await engine?.close();
  return [(u.user + u.system) / rows, performance.now() - w];
}
async function measured(f: () => Promise<unknown>) { const t = process.cpuUsage(), w = performance.now(); await f(); const u = process.cpuUsage(t); return [(u.user + u.system) / rows, performance.now() - w]; }
await measured(bare); await ours();
for (let i = 0; i < 3; i++) { console.log("bare µs/row, ms", await measured(bare), "ours", await ours()); }
child.kill();
process.exit(0);
