export { type ConsoleChatOptions, consoleChat } from "./console-chat.ts";
export { errorText } from "./error-text.ts";
export type { ConsoleInput, ConsoleOutput } from "./line-editor.ts";
export { safeText } from "./safe-text.ts";
