// The engines that a fleet of workers is measured on.
import type { JobEngine } from "@beseda/core";
import { directoryFiles, localEngine } from "@beseda/jobs";

/** @param kind `local`, of a folder, or `bullmq`, of a Redis address and a prefix with a `#` between them */
export async function engineAt(kind: string, place: string, files: string): Promise<JobEngine> {
  if (kind === "local") return localEngine(place);
  const [connection = "", prefix = ""] = place.split("#");
  const { bullmqEngine } = await import("@beseda/jobs/bullmq");
  return bullmqEngine({ connection, prefix, files: directoryFiles(files) });
}
