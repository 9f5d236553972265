// The requests of a batch as the file that is uploaded: lines of JSON, written as they are read.
import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { type BatchRequests, BesedaError, type ModelRequest, toBesedaError } from "@beseda/core";
import { writing } from "../../written-files.ts";

/** `digest` tells the content from every other one. */
export type BatchFile = { path: string; size: number; count: number; digest: string };

// developers.openai.com/api/docs/guides/batch
const mostRequests = 50_000;
const mostBytes = 200_000_000;

export type BatchContent = {
  requests: BatchRequests;
  /** The JSON text of a request's body. */
  toBody(request: ModelRequest): string;
  signal: AbortSignal | undefined;
};

/**
 * @throws BesedaError `too-large` for more than a batch can be, `invalid-argument` for no request at all, and what `toBody`
 * throws with the number of the request; an aborted signal throws its reason
 */
export async function writeBatchFile(path: string, { requests, toBody, signal }: BatchContent): Promise<BatchFile> {
  const hash = createHash("sha256");
  let size = 0;
  let count = 0;
  let failure: { thrown: unknown } | undefined;
  async function* lines() {
    try {
      for await (const request of requests) {
        signal?.throwIfAborted();
        const line = `{"custom_id":"${count}","method":"POST","url":"/v1/chat/completions","body":${bodyOf(request)}}\n`;
        count++;
        size += Buffer.byteLength(line);
        if (count > mostRequests || size > mostBytes) throw tooLarge(count);
        hash.update(line);
        yield line;
      }
    } catch (thrown) {
      failure = { thrown };
      throw thrown;
    }
  }
  const bodyOf = (request: ModelRequest) => {
    try {
      return toBody(request);
    } catch (thrown) {
      const error = toBesedaError(thrown);
      throw error.with({ message: `Request ${count + 1} of the batch: ${error.message}` });
    }
  };
  await writing(path, pipeline(lines, createWriteStream(path))).catch((error) => {
    // Such as of a file that the requests are read from: it has nothing to do with the one that is written.
    throw failure ? failure.thrown : error;
  });
  if (count > 0) return { path, size, count, digest: hash.digest("hex").slice(0, 32) };
  throw new BesedaError("A batch needs at least one request.", {
    code: "invalid-argument",
    hint: "Give the requests that are to be answered.",
  });
}

function tooLarge(count: number): BesedaError {
  const limit = count > mostRequests ? "50,000 requests" : "200 MB";
  return new BesedaError(`At request ${count} the batch is larger than the ${limit} that one may have.`, {
    code: "too-large",
    hint: "Make smaller parts: several batches, each with its own key.",
  });
}
