// Which name stands twice in a list.

/** The first one that is there before it, too. */
export function firstTwice(names: readonly string[]): string | undefined {
  const known = new Set<string>();
  return names.find((name) => known.size === known.add(name).size);
}
