// A run as a useChat client reads it: server-sent events, pulled one after another.
import type { Run, StreamPart } from "@beseda/core";
import { type FailurePart, safeText } from "./failure-text.ts";
import { UiChunks } from "./ui-chunks.ts";

export type UiMessageStreamOptions = {
  /** Whether the client is shown what the model thinks. Default `true`. */
  sendReasoning?: boolean | undefined;
  /**
   * What the client is told of a failure. By default nothing of the error itself, which may name what is inside; for
   * people who may see it: `({ error }) => String(error)`.
   */
  onError?: ((failure: FailurePart) => string) | undefined;
  /**
   * Becomes `message.metadata` at the client. Asked at the start of the run and at its end:
   * `({ part }) => part.type === "start" ? { runId: part.runId } : undefined`
   */
  messageMetadata?: ((at: { part: StreamPart }) => unknown) | undefined;
  /**
   * Whether the run is stopped when the connection breaks, which is also what useChat's `stop()` does. By default it goes
   * on to its end, so that the answer is in the thread when the client comes back.
   */
  stopOnDisconnect?: boolean | undefined;
};

/** The headers of a UI message stream, version 1. */
export const uiMessageStreamHeaders: Readonly<Record<string, string>> = {
  "content-type": "text/event-stream",
  "cache-control": "no-cache",
  "x-vercel-ai-ui-message-stream": "v1",
  // Otherwise nginx keeps the text until the answer is whole.
  "x-accel-buffering": "no",
};

/**
 * The run as the body of a reply to `useChat`; the headers are `uiMessageStreamHeaders`. With node:http, where `pipe()`
 * would leave a run standing whose client is gone:
 *
 * ```ts
 * response.writeHead(200, uiMessageStreamHeaders);
 * await pipeline(Readable.fromWeb(toUiMessageStream(run)), response).catch(() => {}); // the client left
 * ```
 *
 * It reads the run only as fast as the client reads. The progress of tools comes as parts `data-tool-progress`, what
 * sub-agents do as `data-sub-agent`.
 */
export function toUiMessageStream(
  run: Pick<Run, "fullStream" | "cancel">,
  options: UiMessageStreamOptions = {},
): ReadableStream<Uint8Array> {
  const { sendReasoning = true, onError = safeText, messageMetadata = () => undefined, stopOnDisconnect } = options;
  const chunks = new UiChunks({ sendReasoning, onError, messageMetadata });
  const encoder = new TextEncoder();
  const parts = run.fullStream;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        for (;;) {
          const { done, value } = await parts.next();
          const events = done ? "data: [DONE]\n\n" : chunks.of(value).map(toEvent).join("");
          if (events === "") continue;
          controller.enqueue(encoder.encode(events));
          if (done) controller.close();
          return;
        }
      },
      cancel() {
        if (stopOnDisconnect) run.cancel("the client left");
        // Somebody has to read a run, or it stands still.
        void readOn(parts);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The same as a whole web `Response`, as Next.js, Hono, Bun and Deno want it. */
export function toUiMessageStreamResponse(
  run: Pick<Run, "fullStream" | "cancel">,
  options?: UiMessageStreamOptions,
): Response {
  return new Response(toUiMessageStream(run, options), { headers: uiMessageStreamHeaders });
}

function toEvent(chunk: object): string {
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

async function readOn(parts: AsyncIterator<StreamPart>): Promise<void> {
  try {
    while (!(await parts.next()).done) {}
  } catch {
    // Nobody is there any more to be told.
  }
}
