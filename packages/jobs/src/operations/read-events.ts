// What has happened in an operation, and then what happens, as it is told.
import type { JobEngine, JobError, JsonValue, StreamPart } from "@beseda/core";
import type { Bell } from "../worker/bell.ts";
import { revivedError } from "../worker/job-error.ts";

export type EventSource = { id: string; engine: JobEngine; bell: Bell; signal?: AbortSignal | undefined };

/** How soon other processes' news are asked for while there are some, and at last. Milliseconds. */
const firstPauseMs = 50;
const longestPauseMs = 1_000;

/** To the end of the operation; while it waits for an approval there is nothing to tell. */
export async function* readEvents({ id, engine, bell, signal }: EventSource): AsyncGenerator<StreamPart> {
  const listener = bell.listen(id);
  try {
    for (let after = 0, pauseMs = firstPauseMs; ; ) {
      signal?.throwIfAborted();
      const job = await engine.get(id);
      // Looked at after the state: of one that is done these are the last.
      const news = await engine.events(id, after);
      for (const { seq, event } of news) {
        after = seq;
        yield revivedPart(event);
      }
      if (!job || job.state === "done") return;
      pauseMs = news.length > 0 ? firstPauseMs : Math.min(pauseMs * 1.5, longestPauseMs);
      await listener.heard(pauseMs, signal);
    }
  } finally {
    listener.close();
  }
}

function revivedPart(event: JsonValue): StreamPart {
  const part = event as unknown as StreamPart;
  return part.type === "error" ? { ...part, error: revivedError(part.error as unknown as JobError) } : part;
}
