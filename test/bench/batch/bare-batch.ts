// The reference: what a careful person writes for one server over p-queue and undici, when nothing may go wrong.
import { askByUndici } from "./ask-by-undici.ts";
import { measured } from "./measured.ts";
import { answeredRows } from "./queued-rows.ts";

const [url = "", dataset = "", output = "", concurrency = ""] = process.argv.slice(2);
const place = { dataset, output, concurrency: Number(concurrency) };

await measured(() => answeredRows(place, (prompt) => askByUndici(url, prompt)));
