// A fresh process: imports one contestant, asks for one answer, and ends. Whoever started it waits for the first output.
import { type ContestantModule, type ContestantName, files } from "./contestant.ts";

const [name = "", baseURL = ""] = process.argv.slice(2);
const module: ContestantModule = await import(`./${files[name as ContestantName]}`);
const contestant = await module.default({ baseURL, apiKey: "key" });
let told = false;
const onText = () => {
  if (!told) process.stdout.write("first text");
  told = true;
};
const { text } = await contestant.streamText({ model: "hello", prompt: "Go on.", onText });
process.exit(text.length === 20 * 4 ? 0 : 1);
