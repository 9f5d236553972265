// The data of the events in some reads of the network, for the tests of P2.
import { sseDecoder } from "@beseda/core/http";

export function eventsOf(reads: readonly Buffer[]): string {
  const events: string[] = [];
  const decoder = sseDecoder<string>({
    event: (text, name, into) => void into.push(name, text),
    end: () => {},
  });
  for (const read of reads) {
    for (let at = 0; at < read.length; ) at = decoder.decode(read, at, events, events.length + 32);
  }
  decoder.end(events);
  return events.join("\n");
}

/**
 * Splits the bytes at every pair of offsets that are at most so far apart.
 * @returns how many pairs there were, and the first that gave other events than the whole bytes.
 */
export function splitAtPairs(
  bytes: Buffer,
  mostApart: number,
): { pairs: number; different: [number, number] | undefined } {
  const whole = eventsOf([bytes]);
  let pairs = 0;
  for (let first = 0; first <= bytes.length; first++) {
    const start = bytes.subarray(0, first);
    for (let second = first; second <= Math.min(bytes.length, first + mostApart); second++) {
      pairs++;
      const events = eventsOf([start, bytes.subarray(first, second), bytes.subarray(second)]);
      if (events !== whole) return { pairs, different: [first, second] };
    }
  }
  return { pairs, different: undefined };
}
