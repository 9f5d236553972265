import { afterEach, describe, expect, it, vi } from "vitest";
import { ProgressLine } from "./progress-line.ts";
import { writeJson, writeLines } from "./write-lines.ts";

afterEach(() => vi.restoreAllMocks());

describe("what a command writes", () => {
  it("cannot drive the terminal, nor pass for another line", () => {
    const write = vi.fn();
    writeLines(["fds1: \u001b[2Jnice\u009b31m\nerror: fake", "второй"], { write });
    expect(write.mock.calls.join("")).toBe("fds1: ␛[2Jnice\ufffd31m␊error: fake\nвторой\n");
  });

  it("is harmless in the line of progress, too", () => {
    vi.stubGlobal("process", { ...process, stderr: { isTTY: true, columns: 80, write: vi.fn() } });
    new ProgressLine().show("Painting \u001b[2J\nfox");
    expect(process.stderr.write).toHaveBeenCalledWith("\r\u001b[KPainting ␛[2J␊fox");
    vi.unstubAllGlobals();
  });

  it("is the same value as JSON, on one line without a character of control", () => {
    const write = vi.spyOn(process.stdout, "write").mockReturnValue(true);
    const value = { name: "\u001b[2J\u009b31m\u007f\u202egnp.exe\n" };
    writeJson(value);
    const written = write.mock.calls.map(([text]) => text).join("");
    expect(written).toMatch(/^[\x20-\x7e]+\n$/);
    expect(JSON.parse(written)).toEqual(value);
  });
});
