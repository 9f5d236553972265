// A port that listens and never accepts: its first connections are made by the kernel and get no answer, the others hang.
import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { onTestFinished } from "vitest";

/** Node accepts whenever it is not busy, so this listens in a thread that is busy for ever. */
const listener = `
  const server = require("node:net").createServer();
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1 }, () => {
    require("node:worker_threads").parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** @returns the address of such a port, until the end of the test. */
export async function notAccepting(): Promise<{ url: string }> {
  const worker = new Worker(listener, { eval: true });
  onTestFinished(async () => void (await worker.terminate()));
  const [port] = await once(worker, "message");
  return { url: `http://127.0.0.1:${port}/v1` };
}
