// What is measured, done by each contestant in its own way, and the work that all of them do alike.
export type Contestant = {
  /** One streamed answer. The mock server has the models `burst`, `steps` and `hello`. */
  answer(model: string, onText?: () => void): Promise<string>;
  /** A run of ten tool rounds and an answer; agent and tool are made anew, as a request handler does. */
  runAgent(model: string): Promise<string>;
};

export type Scenario = { title: string; units: number; runs: number; work(contestant: Contestant): Promise<string> };

export const chunks = 2_000;
export const toolRounds = 10;

export const scenarios = {
  burst: {
    title: `CPU per chunk, ${chunks} chunks at once`,
    units: chunks,
    runs: 25,
    work: (contestant) => contestant.answer("burst"),
  },
  steps: {
    title: `CPU per agent step, ${toolRounds} tool rounds`,
    units: toolRounds + 1,
    runs: 20,
    work: (contestant) => contestant.runAgent("steps"),
  },
} satisfies Record<string, Scenario>;

export type ScenarioName = keyof typeof scenarios;

/** Who does less work fails instead of winning. */
export function checkAnswer(model: string, answer: string): void {
  const expected = model === "burst" ? chunks * 4 : 20 * 4;
  if (answer.length !== expected) throw new Error(`${model}: ${answer.length} characters instead of ${expected}`);
}
