export { type FileMemory, type FileMemoryOptions, fileMemory } from "./file-memory.ts";
export { defaultWindow, lastMessages, tokenBudget, type Window, wholeThread } from "./fit/window.ts";
export { inMemory, inMemoryStore } from "./in-memory.ts";
