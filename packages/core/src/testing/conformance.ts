// What the suites have in common: a case is a name and a function that throws, so that any test runner can run it.

/** `for (const { name, run } of languageModelCases(…)) it(name, run)` */
export type ConformanceCase = { name: string; run(): Promise<void> };

/** Cases that an adapter does not meet, by name, each with its reason. A name that no case has is an error. */
export type Skipped = Readonly<Record<string, string>>;

export function withoutSkipped(cases: readonly ConformanceCase[], skipped: Skipped = {}): ConformanceCase[] {
  const names = new Set(cases.map((each) => each.name));
  for (const name of Object.keys(skipped)) {
    if (!names.has(name)) throw new Error(`No case is called "${name}"; there are: ${[...names].join(", ")}.`);
  }
  return cases.filter((each) => !(each.name in skipped));
}
