import { describe, expect, it } from "vitest";
import { parseModelUri, toModelUri } from "./model-uri.ts";

describe("the name of a model", () => {
  it.each([
    ["yandexgpt", "gpt://b1gfolder/yandexgpt/latest"],
    [" yandexgpt/rc\n", "gpt://b1gfolder/yandexgpt/rc"],
    ["qwen3.5-35b-a3b-fp8/latest", "gpt://b1gfolder/qwen3.5-35b-a3b-fp8/latest"],
    ["yandexgpt-lite/latest@tamrabc123", "gpt://b1gfolder/yandexgpt-lite/latest@tamrabc123"],
    ["gpt://b1gother/yandexgpt", "gpt://b1gother/yandexgpt"],
    ["gpt://b1gother/yandexgpt-lite/latest@tamrabc123", "gpt://b1gother/yandexgpt-lite/latest@tamrabc123"],
    ["gpt://b1gother/fjk1model/fjk1version", "gpt://b1gother/fjk1model/fjk1version"],
  ])("%j is %s", (model, uri) => {
    expect(toModelUri(model, "gpt", "b1gfolder")).toBe(uri);
  });

  it.each([
    "",
    "yandex gpt",
    "a/b/c",
    "yandexgpt/",
    "gpt://",
    "gpt://b1g",
    "emb://b1g/text-search-doc/latest",
    "https://a.test/b/c",
  ])("%j is none of a text model", (model) => {
    expect(() => toModelUri(model, "gpt", "b1gfolder")).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });

  it("is asked for where none is given", () => {
    const nothing = JSON.parse("{}").model;
    expect(() => toModelUri(nothing, "gpt", "b1gfolder")).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("that is none comes with what lists them, in code and at the terminal", () => {
    expect(() => toModelUri("yandex gpt", "gpt", "b1gfolder")).toThrow(
      expect.objectContaining({ hint: expect.stringContaining("yandex.models(), or “beseda models”") }),
    );
  });

  it("needs a folder, unless it is a whole URI", () => {
    expect(() => toModelUri("yandex-art", "art", undefined)).toThrow(
      expect.objectContaining({ code: "missing-setting", hint: expect.stringContaining("YC_FOLDER_ID") }),
    );
    expect(toModelUri("art://b1g/yandex-art/latest", "art", undefined)).toBe("art://b1g/yandex-art/latest");
  });
});

it("a URI is taken apart; a version that is not said is the latest", () => {
  expect(parseModelUri("cls://b1g/yandexgpt-lite/latest@tamrabc")).toEqual({
    scheme: "cls",
    folder: "b1g",
    name: "yandexgpt-lite",
    version: "latest",
    tune: "tamrabc",
  });
  expect(parseModelUri("gpt://b1g/yandexgpt")).toEqual({
    scheme: "gpt",
    folder: "b1g",
    name: "yandexgpt",
    version: "latest",
  });
  expect(parseModelUri("gpt:/b1g/yandexgpt")).toBeUndefined();
});
