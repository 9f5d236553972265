// The batches of a model behind OpenAI's Files and Batches API: its requests as a file, and the replies out of another one.
import { rm } from "node:fs/promises";
import { join } from "node:path";
import {
  type BatchOutcome,
  type BatchReply,
  type BatchRequests,
  BesedaError,
  type ModelBatches,
  type ModelRequest,
  type Operation,
} from "@beseda/core";
import type { RetryPolicy } from "@beseda/core/http";
import { digestOf } from "../../digest-of.ts";
import { temporaryFolder } from "../../written-files.ts";
import type { Quirks } from "../quirks.ts";
import { endpoint, type Server } from "../server-address.ts";
import { chatRequestWriter } from "../to-chat-request.ts";
import { writeBatchFile } from "./batch-file.ts";
import { BatchServer } from "./batch-server.ts";
import type { WireBatch } from "./batch-wire.ts";
import { failureOf, fromBatch, isOver } from "./from-batch.ts";
import { fromBatchLine, unanswered } from "./from-batch-line.ts";

export type ChatBatches = {
  server: Server;
  /** The name that the server knows the model by. */
  model: string;
  quirks: Quirks;
  retry?: RetryPolicy | undefined;
};

/**
 * Up to 50,000 requests and 200 MB each, answered within 24 hours. The `id` of an operation is that of the batch. Its metadata
 * has `status`, `total`, `completed`, `failed` (requests, once they are counted), `expiresAt`, `inputFileId`, `outputFileId`
 * and `errorFileId`. One that expires is done with what was answered by then; the other requests are errors that are
 * retryable. One that fails does so before anything is answered or billed, and its key may be used again.
 *
 * A batch of a key is known again by the name of its file and by its metadata, which have a digest of the key. Delete that file
 * only when the key is not used any more.
 */
export function chatBatches({ server: address, model, quirks, retry }: ChatBatches): ModelBatches {
  const server = new BatchServer(address, retry);
  const toChatRequest = chatRequestWriter(model, quirks);
  const url = endpoint(address, "chat/completions");

  function fileOf(requests: BatchRequests, folder: string, signal: AbortSignal | undefined) {
    const toBody = (request: ModelRequest) => toChatRequest(request, false);
    return writeBatchFile(join(folder, "requests"), { requests, toBody, signal });
  }

  async function start(requests: BatchRequests, key: string, folder: string, signal: AbortSignal | undefined) {
    const file = await fileOf(requests, folder, signal);
    const keyDigest = digestOf([key, model]);
    const prefix = `beseda-${keyDigest}-`;
    const name = `${prefix}${file.digest}.jsonl`;
    const begunBatch = () =>
      // One that has failed was never worked on.
      server.batch(({ metadata, status }) => metadata?.[keyField] === keyDigest && status !== "failed", signal);
    // Without a file nothing was begun, and the list of batches, which may be long, is not asked for.
    const files = await server.files(prefix, signal);
    const begun = files.length > 0 ? await begunBatch() : undefined;
    if (begun) return sameRequests(begun, file.digest, key);
    const isWhole = ({ filename, bytes }: (typeof files)[number]) => filename === name && bytes === file.size;
    const { id } =
      files.find(isWhole) ??
      (await server.sentOnce(
        () => server.upload(file, name, signal),
        async () => (await server.files(name, signal)).find(isWhole),
        signal,
      ));
    const metadata = { [keyField]: keyDigest, [requestsField]: file.digest };
    return server.sentOnce(() => server.create(id, metadata, signal), begunBatch, signal);
  }

  return {
    windowHours: 24,

    start: (requests, { key, signal }) =>
      inFolder(async (folder): Promise<Operation<BatchOutcome>> => {
        return fromBatch(await start(requests, key, folder, signal));
      }),

    poll: async (id, { signal } = {}) => fromBatch(await server.describe(id, signal)),

    async cancel(id, { signal } = {}) {
      const batch = await server.describe(id, signal);
      const isLate = isOver(batch) || batch.status === "cancelling";
      return fromBatch(isLate ? batch : await server.cancel(id, signal));
    },

    async *replies(id, requests, { signal } = {}) {
      const batch = await server.describe(id, signal);
      if (!isOver(batch) || batch.status === "failed") throw failureOf(batch) ?? tooEarly(batch);
      const { count, toolNames } = await overview(requests);
      const { total, completed } = batch.request_counts ?? {};
      const isAnswered = new Uint8Array(count);
      const folder = await temporaryFolder("beseda-batch-");
      try {
        // Not every server counts right.
        if (total && total !== count) {
          const { digest } = await fileOf(requests, folder, signal);
          if (digest !== batch.metadata?.[requestsField]) throw otherCount(batch, total, count);
        }
        for (const fileId of [batch.output_file_id, batch.error_file_id]) {
          if (!fileId) continue;
          for await (const line of server.lines(fileId, join(folder, "replies"), signal)) {
            const index = /^\d+$/.test(line.custom_id ?? "") ? Number(line.custom_id) : count;
            // Of another batch, or told twice.
            if (index >= count || isAnswered[index]) continue;
            isAnswered[index] = 1;
            yield fromBatchLine(line, index, { url, quirks, toolNames });
          }
        }
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
      if (completed && !isAnswered.includes(1)) throw withoutLines(batch, completed);
      for (const [index, answered] of isAnswered.entries()) {
        if (!answered) yield { index, error: unanswered(index, batch) } satisfies BatchReply;
      }
    },
  };
}

/** In the metadata of the batch. */
const keyField = "beseda-key";
const requestsField = "beseda-requests";

async function inFolder<Result>(work: (folder: string) => Promise<Result>): Promise<Result> {
  const folder = await temporaryFolder("beseda-batch-");
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function sameRequests(batch: WireBatch, digest: string, key: string): WireBatch {
  if (batch.metadata?.[requestsField] === digest) return batch;
  throw new BesedaError(`The batch ${batch.id} of the key “${key}” was begun with other requests.`, {
    code: "invalid-argument",
    hint: "Give the same requests to go on with that one, or another key to begin a new one.",
  });
}

async function overview(requests: BatchRequests): Promise<{ count: number; toolNames: string[] }> {
  const toolNames = new Set<string>();
  let count = 0;
  for await (const { tools } of requests) {
    count++;
    for (const { name } of tools) toolNames.add(name);
  }
  return { count, toolNames: [...toolNames] };
}

function tooEarly({ id, status }: WireBatch): BesedaError {
  return new BesedaError(`The batch ${id} is ${status}: there are no replies.`, {
    code: "invalid-argument",
    hint: "Ask for its replies when poll() says that it is done.",
  });
}

function withoutLines({ id }: WireBatch, completed: number): BesedaError {
  return new BesedaError(`The batch ${id} has ${completed} replies, but the file of them is empty.`, {
    code: "bad-response",
    hint: "Try again; if it stays so, ask the service's support, with the id of the batch.",
  });
}

function otherCount({ id }: WireBatch, total: number, count: number): BesedaError {
  return new BesedaError(`The batch ${id} has ${total} requests, but ${count} were given.`, {
    code: "invalid-argument",
    hint: "Give the requests that it was started with.",
  });
}
