// One contestant in a process of its own: does a scenario when it is told to, and says what it cost.
import { type ContestantModule, type ContestantName, files } from "./contestant.ts";
import { type Scenario, type ScenarioName, scenarios } from "./scenarios.ts";

const [name = "", baseURL = ""] = process.argv.slice(2);
const module: ContestantModule = await import(`./${files[name as ContestantName]}`);
const contestant = await module.default({ baseURL, apiKey: "key" });

process.on("message", async (name: ScenarioName) => {
  const scenario: Scenario = scenarios[name];
  process.send?.(await scenario.measure(contestant));
});
process.on("disconnect", () => process.exit());
process.send?.("ready");
