// The endpoints for files and batches of a server that has them.
import { createReadStream, createWriteStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { BesedaError } from "@beseda/core";
import { download, jsonLinesDecoder, postFile, type RetryPolicy, requestJson, retrying } from "@beseda/core/http";
import { writing } from "../../written-files.ts";
import { endpoint, type Server } from "../server-address.ts";
import type { BatchFile } from "./batch-file.ts";
import type { WireBatch, WireFile, WireLine, WirePage } from "./batch-wire.ts";

type Signal = AbortSignal | undefined;

/** A line of a file is a whole reply. */
const longestLine = 64 * 1024 * 1024;

export class BatchServer {
  readonly #server: Server;
  readonly #retry: RetryPolicy | undefined;

  constructor(server: Server, retry: RetryPolicy | undefined) {
    this.#server = server;
    this.#retry = retry;
  }

  /** The files of requests whose name begins so, the latest first. */
  async files(prefix: string, signal: Signal): Promise<WireFile[]> {
    const found: WireFile[] = [];
    const pages = this.#pages<WireFile>("files", { purpose: "batch", order: "desc", limit: "1000" }, signal);
    for await (const page of pages) found.push(...page.filter(({ filename }) => filename?.startsWith(prefix)));
    return found;
  }

  async batch(suits: (batch: WireBatch) => boolean, signal: Signal): Promise<WireBatch | undefined> {
    for await (const page of this.#pages<WireBatch>("batches", { limit: "100" }, signal)) {
      const found = page.find(suits);
      if (found) return found;
    }
    return undefined;
  }

  /** One attempt. */
  async upload({ path, size }: BatchFile, name: string, signal: Signal): Promise<WireFile> {
    const { url, headers } = this.#address("files");
    const file = { path, size, name, mediaType: "application/jsonl" };
    return withId<WireFile>(await postFile(url, { headers, fields: { purpose: "batch" }, file, signal }));
  }

  /** One attempt. */
  async create(inputFileId: string, metadata: Readonly<Record<string, string>>, signal: Signal): Promise<WireBatch> {
    const body = JSON.stringify({
      input_file_id: inputFileId,
      endpoint: "/v1/chat/completions",
      completion_window: "24h",
      metadata,
    });
    const retry = { ...this.#retry, retries: 0 };
    return withId<WireBatch>(await requestJson({ ...this.#address("batches"), body, retry, signal }));
  }

  async describe(id: string, signal: Signal): Promise<WireBatch> {
    return withId<WireBatch>(await requestJson({ ...this.#addressOf(id), retry: this.#retry, signal }).catch(unknown));
  }

  async cancel(id: string, signal: Signal): Promise<WireBatch> {
    const request = { ...this.#addressOf(id, "/cancel"), body: "", retry: this.#retry, signal };
    return withId<WireBatch>(await requestJson(request).catch(unknown));
  }

  /** The lines of a file of replies. It is written to `path` first, so that whoever reads slowly keeps no connection. */
  async *lines(fileId: string, path: string, signal: Signal): AsyncGenerator<WireLine> {
    const { url, headers } = this.#address(`files/${encodeURIComponent(fileId)}/content`);
    const fetched = () => writing(path, pipeline(download(url, { headers, signal }), createWriteStream(path)));
    await this.#retrying(fetched, signal).catch((error) => {
      throw isUnknown(error) ? error.with({ hint: "The service deletes the files of a batch after 30 days." }) : error;
    });
    yield* jsonLines(path);
  }

  /**
   * Sends it, and again after a failure that may pass, but looks before that whether it has arrived all the same: a batch that
   * is begun twice is billed twice.
   */
  sentOnce<Thing>(send: () => Promise<Thing>, find: () => Promise<Thing | undefined>, signal: Signal): Promise<Thing> {
    let isFirst = true;
    return this.#retrying(async () => {
      const found = isFirst ? undefined : await find();
      isFirst = false;
      return found ?? send();
    }, signal);
  }

  #retrying<Value>(attempt: () => Promise<Value>, signal: Signal): Promise<Value> {
    return retrying(attempt, { ...this.#address("batches"), retry: this.#retry, signal: () => signal });
  }

  #address(path: string) {
    return { url: endpoint(this.#server, path), headers: this.#server.headers };
  }

  #addressOf(batchId: string, action = "") {
    return this.#address(`batches/${encodeURIComponent(batchId)}${action}`);
  }

  async *#pages<Item extends { id: string }>(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: Signal,
  ): AsyncGenerator<Item[]> {
    const { url, headers } = this.#address(path);
    for (let after: string | undefined; ; ) {
      const address = new URL(url);
      for (const [name, value] of Object.entries({ ...query, ...(after && { after }) })) {
        address.searchParams.set(name, value);
      }
      const page = await requestJson({ url: address.href, headers, retry: this.#retry, signal });
      const { data, has_more: hasMore } = page as WirePage<Item>;
      const items = data ?? [];
      yield items;
      const last = items.at(-1)?.id;
      if (!hasMore || last === undefined || last === after) return;
      after = last;
    }
  }
}

function withId<Thing extends { id: string }>(body: unknown): Thing {
  if (typeof (body as Partial<Thing> | null)?.id === "string") return body as Thing;
  throw new BesedaError("The service answered without the id of the file or of the batch.", {
    code: "bad-response",
    hint: "Is there a Files and Batches API like OpenAI's at this address? batches: false switches it off.",
  });
}

function isUnknown(error: unknown): error is BesedaError {
  return error instanceof BesedaError && error.code === "not-found";
}

function unknown(error: unknown): never {
  throw isUnknown(error) ? error.with({ hint: "Is it a batch of the account and project of this key?" }) : error;
}

/**
 * A line that cannot be read is left out, as if it had not been answered.
 * @throws BesedaError `bad-response` where not one line can be read: then it is another page than the file
 */
async function* jsonLines(path: string): AsyncGenerator<WireLine> {
  let lines: WireLine[] = [];
  let count = 0;
  let failure: { thrown: unknown } | undefined;
  const decoder = jsonLinesDecoder<WireLine>(
    {
      value(value, found) {
        count++;
        found.push((value ?? {}) as WireLine);
      },
      unreadable(thrown) {
        failure ??= { thrown };
      },
      end: () => {},
    },
    longestLine,
  );
  for await (const bytes of createReadStream(path) as AsyncIterable<Buffer>) {
    decoder.decode(bytes, 0, lines, Number.POSITIVE_INFINITY);
    yield* lines;
    lines = [];
  }
  decoder.end(lines);
  yield* lines;
  if (failure && count === 0) throw failure.thrown;
}
