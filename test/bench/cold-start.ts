// A fresh process: imports one contestant, asks for one answer, and ends. Whoever started it waits for the first output.
import { type Contestant, checkAnswer } from "./contestant.ts";

const [contestantName = "", baseURL = ""] = process.argv.slice(2);
const module: { contestant(baseURL: string): Contestant } = await import(`./${contestantName}.js`);
let told = false;
const answer = await module.contestant(baseURL).answer("hello", () => {
  if (!told) process.stdout.write("first text");
  told = true;
});
checkAnswer("hello", answer);
process.exit();
