// The official Node SDK as a user has it: installed with npm into an empty folder, and told by scripts what to do with the fake.
import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { YandexGrpc } from "../fakes/yandex/grpc/yandex-grpc.ts";
import type { YandexServer } from "../fakes/yandex/yandex-server.ts";
import { command } from "../publish/install-packed.ts";

/** It asks for Node 22, and works on 20: npm warns only, unless whoever runs the tests has told it to be strict. */
export const sdkPackage = "@yandex-cloud/nodejs-sdk@3.2.0";

/** @returns a temporary folder; whoever asked for it removes it */
export async function installOfficialSdk(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "beseda-official-sdk-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await command("npm", ["install", "--no-audit", "--no-fund", "--engine-strict=false", sdkPackage], folder);
  return folder;
}

/**
 * Runs a module in a process of its own, on plain Node. It has the services of the SDK by the names of its folders, and
 * - `client(Service)`: a client of the service at the fake, over TLS with the fake's authority,
 * - `finished(operation)`: what `waitForOperation` of the SDK gives,
 * - `payload(Message, any)`: what an Any holds,
 * - `refused(promise)`: in which words it was refused,
 * - `given`: what was given from here.
 *
 * @returns what it returns, as JSON: dates are texts, bytes are base64
 */
export async function runWithSdk(
  folder: string,
  { grpc, account }: YandexServer & { grpc: YandexGrpc },
  script: string,
  { given = {}, key = account.apiKey }: { given?: unknown; key?: string } = {},
): Promise<unknown> {
  const { secure: address, authority } = grpc;
  const input = { address, authority, key, folderId: account.folderId, given };
  await writeFile(join(folder, "input.json"), JSON.stringify(input));
  await writeFile(join(folder, "script.mjs"), `${prelude}\nprint(await (async () => {${script}})());\n`);
  const output = await command(process.execPath, ["script.mjs"], folder);
  return JSON.parse(output);
}

const prelude = `
import { readFileSync } from "node:fs";
import sdk from "@yandex-cloud/nodejs-sdk";
import batch from "@yandex-cloud/nodejs-sdk/ai-batch_inference-v1";
import dataset from "@yandex-cloud/nodejs-sdk/ai-dataset-v1";
import models from "@yandex-cloud/nodejs-sdk/ai-foundation_models-v1";
import tuning from "@yandex-cloud/nodejs-sdk/ai-tuning-v1";
import endpoint from "@yandex-cloud/nodejs-sdk/endpoint";
import operation from "@yandex-cloud/nodejs-sdk/operation";

const { address, authority, key, folderId, given } = JSON.parse(readFileSync("input.json", "utf8"));
// The SDK knows no API keys: its users pass them as tokens, and the service tells them by their beginning.
const session = new sdk.Session({ iamToken: key, ssl: { rootCerts: Buffer.from(authority) }, pollInterval: 5 });
const client = (Service) => session.client(Service, address);
const finished = (started) => sdk.waitForOperation(started, session, 10_000, address);
const payload = (Message, any) => Message.decode(any.value);
const refused = (promise) => promise.then(() => "not refused", (error) => String(error));
function print(value) {
  const text = JSON.stringify(value, (_, inner) => inner?.type === "Buffer" ? Buffer.from(inner.data).toString("base64") : inner);
  process.stdout.write(text, () => process.exit());
}
`;
