export { chooseModel, type Environment, type ModelChoice, openModel } from "./choose-model.ts";
export { defaultAgent } from "./default-agent.ts";
