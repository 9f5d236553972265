// What some work has cost this process, told to the one that started it.

export type Cost = {
  rows: number;
  /** Of all threads, user and system, in microseconds. */
  cpuPerRow: number;
  /** The most memory that the process has had, in MB. */
  peakMb: number;
  seconds: number;
};

/**
 * `work` gives how many rows it has done. It is done twice, and the second time counts: compiling the program, which takes
 * Node some seconds of CPU however many rows there are, is then over. `pass` tells the two apart.
 */
export async function measured(work: (pass: string) => Promise<number>): Promise<void> {
  await work("warm-up");
  const began = process.cpuUsage();
  const startedAt = performance.now();
  const rows = await work("measured");
  const { user, system } = process.cpuUsage(began);
  const cost: Cost = {
    rows,
    cpuPerRow: (user + system) / rows,
    peakMb: process.resourceUsage().maxRSS / 1024,
    seconds: (performance.now() - startedAt) / 1000,
  };
  process.send?.(cost, () => process.disconnect());
}
