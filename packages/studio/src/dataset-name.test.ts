import { describe, expect, it } from "vitest";
import { datasetName } from "./dataset-name.ts";

describe("the name of a dataset", () => {
  it("is that of its file, Russian ones written with Latin letters", () => {
    expect(datasetName("/data/My lessons.jsonl")).toBe("my-lessons");
    expect(datasetName("обучение.jsonl")).toBe("obuchenie");
    expect(datasetName("Данные для теста (2).jsonl")).toBe("dannye-dlya-testa-2");
    expect(datasetName("2025.json")).toBe("dataset-2025");
    // As some systems write й and ё: a letter and a mark.
    expect(datasetName("чай.jsonl".normalize("NFD"))).toBe("chay");
  });

  it("tells files apart whose letters cannot be written so, and has at most 63 characters", () => {
    const names = [
      "训练.jsonl",
      "测试.jsonl",
      "données.jsonl",
      "donn-es.jsonl",
      `${"я".repeat(200)}.jsonl`,
      "训".repeat(99),
    ];
    const given = names.map(datasetName);
    expect(new Set(given).size).toBe(names.length);
    for (const name of given) expect(name).toMatch(/^[a-z][a-z0-9-]{2,62}$/);
  });
});
