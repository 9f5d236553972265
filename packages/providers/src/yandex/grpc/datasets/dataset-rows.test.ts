import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { type DatasetRows, datasetProblems, prepareRows } from "./dataset-rows.ts";
import { planUpload } from "./upload-dataset.ts";

const folder = mkdtempSync(join(tmpdir(), "beseda-rows-"));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function fileOf(...lines: (string | object | Buffer)[]): string {
  const path = join(folder, `${files++}.jsonl`);
  const bytes = lines.map((line) =>
    Buffer.from(typeof line === "object" && !Buffer.isBuffer(line) ? JSON.stringify(line) : line),
  );
  writeFileSync(path, Buffer.concat(bytes.flatMap((line) => [line, Buffer.from("\n")])));
  return path;
}

async function problemsOf(rows: DatasetRows, taskType: string): Promise<string[]> {
  const found: string[] = [];
  for await (const { level, row, problem } of datasetProblems(rows, taskType)) {
    if (level === "error") found.push(`${row ?? "all"}: ${problem}`);
  }
  return found;
}

const asked = [
  { role: "system", text: "Be brief." },
  { role: "user", text: "Привет" },
];
const good = { request: asked, response: "Здравствуйте!" };

describe("rows of a dataset", () => {
  it("tell row 17 of 1,000 and what is wrong with it, before anything is sent", async () => {
    const rows = Array.from({ length: 1_000 }, (_, index) =>
      index === 16 ? { request: asked, respnse: "typo" } : good,
    );
    const wrong = { code: "invalid-argument", message: "Row 17: response is missing." };
    await expect(prepareRows(rows, "TextToTextGeneration")).rejects.toMatchObject(wrong);
    await expect(prepareRows(fileOf(...rows), "TextToTextGeneration")).rejects.toMatchObject(wrong);
  });

  it("tell everything that is wrong, line by line", async () => {
    const file = fileOf(good, "{oops", "", Buffer.from([0xff, 0xfe]), "[1]", { request: [] }, good);
    expect(await problemsOf(file, "TextToTextGeneration")).toEqual([
      expect.stringMatching(/^2: it is not JSON \(/),
      "3: it is empty",
      "4: it is not UTF-8",
      "5: it is not an object",
      "6: request has to be a list of messages",
    ]);
    expect(await problemsOf(fileOf(`\uFEFF${JSON.stringify(good)}`), "Other")).toEqual([
      expect.stringContaining("byte order mark"),
    ]);
    expect(await problemsOf([], "Other")).toEqual(["all: it has no rows"]);
    expect(await problemsOf([good], "constructor")).toEqual([]);
    await expect(prepareRows(join(folder, "none"), "Other")).rejects.toMatchObject({ code: "invalid-argument" });
  });

  it.each([
    [
      "TextToTextGenerationRequest",
      { request: asked },
      { request: [{ role: "tool", text: "x" }] },
      "role of request[0]",
    ],
    ["TextToTextGenerationRequest", { request: asked }, { request: [{ role: "user", text: " " }] }, "text is empty"],
    ["TextToTextGenerationRequest", { request: asked }, { request: [asked[0]] }, "no message of a user"],
    ["TextToTextGeneration", good, { ...good, response: 5 }, "response has to be a text"],
    [
      "TextClassificationMultilabel",
      { text: "a", x: 1, y: 1 },
      { text: "a", x: 1, y: 2 },
      "the class y has to be 0 or 1",
    ],
    ["TextClassificationMultilabel", { text: "a", x: 1 }, { text: "a" }, "no class"],
    ["TextClassificationMulticlass", { text: "a", x: 1, y: 0 }, { text: "a", x: 1, y: 1 }, "exactly one class"],
    ["TextClassificationMulticlass", { text: "a", x: 1, y: 0 }, { text: "a", x: 1, z: 0 }, "those of the first row"],
    ["TextEmbeddingsPair", { anchor: "a", positive: "b" }, { anchor: "a" }, "positive is missing"],
    [
      "TextEmbeddingsTriplet",
      { anchor: "a", positive: "b", negative: "c" },
      { anchor: "a", positive: "b" },
      "negative",
    ],
    [
      "ImageTextToTextGenerationRequest",
      { request: [{ role: "user", content: [{ type: "image", image: "aGk=" }] }] },
      { request: [{ role: "user", content: [{ type: "image", image: "data:image/png;base64,aGk=" }] }] },
      "base64",
    ],
  ])("of %s are as the service wants them", async (taskType, right, wrong, problem) => {
    expect(await problemsOf([right], taskType)).toEqual([]);
    expect(await problemsOf([right, wrong], taskType)).toEqual([expect.stringContaining(problem)]);
  });

  it("tell without refusing them that there are too few to learn from", async () => {
    const found = [];
    for await (const problem of datasetProblems([good], "TextToTextGeneration")) found.push(problem);
    expect(found).toEqual([{ level: "advice", problem: "1 rows: tuning takes 10 and more" }]);
    const file = await prepareRows([good], "TextToTextGeneration");
    await file.remove();
  });

  it("of a program go into a temporary file of known size, which is removed; those of a file stay where they are", async () => {
    async function* many() {
      for (let index = 0; index < 30_000; index++) yield good;
    }
    const made = await prepareRows(many(), "TextToTextGeneration");
    const line = Buffer.byteLength(JSON.stringify(good)) + 1;
    expect(made).toMatchObject({ rows: 30_000, size: 30_000 * line });
    expect(statSync(made.file).size).toBe(made.size);
    await made.remove();
    expect(existsSync(made.file)).toBe(false);
    const path = fileOf(...Array(3).fill(good));
    const named = await prepareRows(path, "TextToTextGeneration");
    expect(named).toMatchObject({ file: path, rows: 3, size: 3 * line });
    await named.remove();
    expect(existsSync(path)).toBe(true);
    const same = await prepareRows([good, good, good], "TextToTextGeneration");
    expect(same.digest).toBe(named.digest);
    await same.remove();
  });
});

describe("the plan of an upload", () => {
  it("is one piece up to 100 MB, and above it as many as whole 100 MB fit, equal but the last", () => {
    const mb = 1024 * 1024;
    expect(planUpload(100 * mb)).toEqual([{ start: 0, end: 100 * mb }]);
    expect(planUpload(100 * mb + 1)).toEqual([{ start: 0, end: 100 * mb + 1 }]);
    for (const size of [350 * mb + 1, 1_000 * mb - 1, 5_000 * mb + 7]) {
      const parts = planUpload(size);
      expect(parts).toHaveLength(Math.floor(size / (100 * mb)));
      expect(parts[0]?.start).toBe(0);
      expect(parts.at(-1)?.end).toBe(size);
      for (const [index, part] of parts.entries()) {
        if (index > 0) expect(part.start).toBe(parts[index - 1]?.end);
        expect(part.end - part.start).toBeLessThanOrEqual(Math.ceil(size / parts.length));
        expect(part.end - part.start).toBeGreaterThan(5 * mb);
      }
    }
  });
});
