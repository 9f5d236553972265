import { createJobs, directoryFiles } from "@beseda/jobs";
import { bullmqEngine } from "@beseda/jobs/bullmq";
const jobs = createJobs({ engine: bullmqEngine({ connection: "redis://127.0.0.1:6399", files: directoryFiles("/tmp/h7/fleetfiles") }), work: false });
const op = await jobs.start("shop", "Hello there");
await op.wait();
console.log(op.state, (op.response as any)?.text);
await jobs.close();
