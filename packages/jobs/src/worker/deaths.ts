// How often a worker died with a job.
import type { Job } from "@beseda/core";

/**
 * Whoever gives a job back, or lost it because the engine was away, takes its attempt back; one that waited was woken. All
 * other attempts ended with their worker. What is not known yet of the attempt before may be taken back later.
 */
export function deathsOf({ attempts, inbox }: Job): number {
  return Math.max(0, attempts - 1 - inbox.length);
}
