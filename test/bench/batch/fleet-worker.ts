// One worker of the fleet: an agent over a model server, on an engine that others share. Works until it is told to stop.
// `fork(<its bundle>, [<engine>, <its place>, <url>, <files>])`
import { Agent } from "@beseda/core";
import { createJobs } from "@beseda/jobs";
import { openaiCompatible } from "@beseda/providers/openai-compatible";
import { engineAt } from "./fleet-engine.ts";

const [kind = "", place = "", url = "", files = ""] = process.argv.slice(2);
const model = openaiCompatible({ baseURL: url, apiKey: "key", model: "bench" });
const jobs = createJobs({ agents: [new Agent({ name: "clerk", model })], engine: await engineAt(kind, place, files) });
const stop = new AbortController();
process.on("disconnect", () => stop.abort());
process.send?.("ready");
await jobs.work({ signal: stop.signal });
await jobs.close();
