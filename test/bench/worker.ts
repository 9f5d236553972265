// One contestant in a process of its own: does a scenario when it is told to, and says what it cost.
import { type Contestant, checkAnswer, type Scenario, type ScenarioName, scenarios } from "./contestant.ts";

const [contestantName = "", baseURL = ""] = process.argv.slice(2);
const module: { contestant(baseURL: string): Contestant } = await import(`./${contestantName}.js`);
const contestant = module.contestant(baseURL);

process.on("message", async (name: ScenarioName) => {
  const { units, runs, work }: Scenario = scenarios[name];
  const before = process.cpuUsage();
  for (let run = 0; run < runs; run += 1) checkAnswer(name, await work(contestant));
  const { user, system } = process.cpuUsage(before);
  process.send?.((user + system) / runs / units);
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
