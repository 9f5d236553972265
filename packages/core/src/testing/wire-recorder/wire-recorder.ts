// A server in front of a service: passes everything on and keeps it, or answers from what was kept.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { BesedaError, toBesedaError } from "../../errors.ts";
import { openTape, type Tape, type TapeMode } from "../../tape/tape.ts";
import { passOn } from "./pass-on.ts";
import { playBack, refuse } from "./play-back.ts";
import { keptRequest, type WireReply, type WireRequest } from "./wire-tape.ts";

export type WireRecorderOptions = {
  /** The base URL of the service, such as `https://api.openai.com/v1`. It is not asked in a replay. */
  upstream: string;
  /** Lines of JSON, one for each request and its reply, to be kept with the tests. */
  file: string;
  /**
   * `replay` answers from the file and never asks the service; `record` passes everything on and makes the file anew.
   * Without it a file that is there is replayed and one that is not is recorded: to record anew, delete it.
   */
  mode?: TapeMode | undefined;
  /** Whether a replay takes its time as the service did. Default `at-once`. */
  timing?: "at-once" | "recorded" | undefined;
  /** What is kept and compared of a request, for bodies that hold today's date and the like. */
  normalize?: ((request: WireRequest) => WireRequest) | undefined;
};

export interface WireRecorder {
  /** What the client is given for a base URL, in place of `upstream`. */
  readonly url: string;
  readonly mode: TapeMode;
  /** The requests that a replay could not answer, each with what is different. A test that passed has none. */
  readonly misses: readonly string[];
  /** @throws BesedaError `locked` and the like where a reply could not be kept. */
  close(): Promise<void>;
}

/**
 * Records what a service really sends, with the cuts of its streams and its pace, for any client: models of ours, AI SDK
 * providers, the services' own packages. In a replay nothing is asked but the file, strictly: a request is known by its
 * method, path and body, and one that was not recorded is answered with a 422 that says where it differs from the nearest
 * one. Requests that are made several times get their replies in the order of then.
 *
 * Headers of requests are not kept, and neither are cookies. Keys sent in headers, and what looks like a key, are stars in
 * bodies. What a model spells out over several events of a stream cannot be seen there: do not tell it secrets.
 *
 * ```ts
 * const recorder = await wireRecorder({ upstream: "https://api.openai.com/v1", file: "test/tapes/hello.jsonl" });
 * const model = openaiCompatible({ baseURL: recorder.url, model: "gpt-5-mini", apiKey });
 * // … test the bot, then
 * expect(recorder.misses).toEqual([]);
 * await recorder.close();
 * ```
 * @throws BesedaError `invalid-argument`, `damaged` or `unsupported` for a file that cannot be replayed.
 */
export async function wireRecorder(options: WireRecorderOptions): Promise<WireRecorder> {
  const upstream = toUrl(options.upstream);
  const tape = await openTape<WireReply>(options.file, "wire", options.mode);
  const front = new Front(tape, upstream, options);
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => front.serve(incoming, response));
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let isClosed = false;
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${upstream.pathname.replace(/\/+$/, "")}`,
    mode: tape.mode,
    misses: front.misses,
    async close() {
      if (isClosed) return;
      isClosed = true;
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      if (tape.mode === "record") tape.leave();
      await front.settled();
    },
  };
}

class Front {
  readonly misses: string[] = [];
  readonly #tape: Tape<WireReply>;
  readonly #upstream: URL;
  readonly #options: WireRecorderOptions;
  readonly #open = new Set<Promise<void>>();
  #failure: BesedaError | undefined;

  constructor(tape: Tape<WireReply>, upstream: URL, options: WireRecorderOptions) {
    this.#tape = tape;
    this.#upstream = upstream;
    this.#options = options;
  }

  serve(incoming: IncomingMessage, response: ServerResponse): void {
    const served = this.#answer(incoming, response).catch((error) => {
      this.#failure ??= toBesedaError(error);
      response.destroy();
    });
    this.#open.add(served);
    served.finally(() => this.#open.delete(served));
  }

  async settled(): Promise<void> {
    await Promise.all(this.#open);
    if (this.#failure) throw this.#failure;
  }

  async #answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await read(incoming);
    // It left while it was asking.
    if (!body) return;
    const { normalize = (same) => same, timing } = this.#options;
    const asked = normalize(keptRequest(incoming, body));
    if (this.#tape.mode === "record") {
      const keep = this.#tape.begin(asked);
      const { reply, end } = await passOn({ incoming, body, response, upstream: this.#upstream });
      if (reply) await keep(reply);
      return end();
    }
    let reply: WireReply;
    try {
      reply = this.#tape.take(asked);
    } catch (error) {
      const miss = toBesedaError(error);
      this.misses.push(miss.advice);
      return refuse(response, miss);
    }
    await playBack(response, reply, timing === "recorded");
  }
}

async function read(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  try {
    for await (const piece of incoming) pieces.push(piece);
    return Buffer.concat(pieces);
  } catch {
    return undefined;
  }
}

function toUrl(upstream: string): URL {
  try {
    return new URL(upstream);
  } catch (cause) {
    throw new BesedaError("The upstream of a recorder is not the address of a server.", {
      code: "invalid-argument",
      hint: "Give the base URL of the service, such as https://api.openai.com/v1.",
      cause,
    });
  }
}
