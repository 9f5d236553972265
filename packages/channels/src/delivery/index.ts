export { type ChatSurface, LiveAnswer } from "./live-answer.ts";
export { RecentIds } from "./recent-ids.ts";
export { showRun } from "./show-run.ts";
export { splitText } from "./split-text.ts";
export { ThreadQueue } from "./thread-queue.ts";
