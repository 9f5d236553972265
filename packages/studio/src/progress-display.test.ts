import { afterEach, describe, expect, it, vi } from "vitest";
import type { Progress } from "./progress-bar.ts";
import { isLive, ProgressDisplay } from "./progress-display.ts";

afterEach(() => {
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

const at = (finished: number): Progress => ({ rows: 1_000, finished, failed: 0, tokens: 0 });

describe("progress", () => {
  it("is in a log a line after each tenth of the rows, a second apart at least, and every ten seconds in any case", () => {
    let written = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += text;
      return true;
    });
    let now = 0;
    const display = new ProgressDisplay({}, () => now);
    const seen = (atMs: number, finished: number) => {
      now = atMs;
      written = "";
      display.show(at(finished));
      return written;
    };
    expect(seen(0, 0)).toBe("");
    expect(seen(500, 200)).toBe("");
    expect(seen(1_000, 200)).toBe("200 of 1,000 rows (20 %)\n");
    expect(seen(5_000, 299)).toBe("");
    expect(seen(5_001, 300)).toBe("300 of 1,000 rows (30 %)\n");
    expect(seen(15_000, 300)).toBe("");
    expect(seen(15_001, 300)).toBe("300 of 1,000 rows (30 %)\n");
  });

  it("is a line of 79 signs at most on a terminal that does not tell its width", () => {
    let written = "";
    vi.stubGlobal("process", {
      ...process,
      stderr: { isTTY: true, columns: 0, write: (text: string) => (written += text) },
    });
    new ProgressDisplay({}).show({ ...at(250), failed: 3, tokens: 1_000, rowsPerSecond: 5 });
    expect(written).toMatch(/^\r.\[K 25 % {2}█+░+ +250\/1,000 .*3 failed.*ETA 2 min 30 s$/);
    expect(written.length).toBeLessThanOrEqual(79 + "\r\u001b[K".length);
  });

  it("says why it does not go on, each reason once", () => {
    let written = "";
    vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written += text;
      return true;
    });
    const display = new ProgressDisplay({}, () => 0);
    const problems = ["The disk is away.", undefined, "The disk is away.", "The disk is full."];
    for (const problem of problems) display.show({ ...at(0), problem });
    expect(written).toBe("The disk is away.\nThe disk is full.\n");
  });

  it("is plain lines where no terminal is, a build runs, or the terminal is dumb", () => {
    const terminal = { isTTY: true };
    expect(isLive(terminal, {})).toBe(true);
    expect(isLive(terminal, { CI: "false", NO_COLOR: "1", TERM: "xterm" })).toBe(true);
    expect(isLive({}, {})).toBe(false);
    expect(isLive(terminal, { CI: "true" })).toBe(false);
    expect(isLive(terminal, { TERM: "dumb" })).toBe(false);
  });
});
