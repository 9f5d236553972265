// For tests: what the lines of a part's files are made of.

export async function* jsonOfEach(values: Iterable<unknown> | AsyncIterable<unknown>): AsyncGenerator<string> {
  for await (const value of values) yield JSON.stringify(value);
}
