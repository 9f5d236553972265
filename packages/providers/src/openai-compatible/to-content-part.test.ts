import type { FilePart, UserPart } from "@beseda/core";
import { complaintAbout } from "@beseda/core/testing";
import { describe, expect, it } from "vitest";
import { type Quirks, quirks } from "./quirks.ts";
import { toContentPart } from "./to-content-part.ts";

describe("a part of a message", () => {
  const pdf = { type: "file", mediaType: "application/pdf", file: "data:application/pdf;base64,JVBERg==" } as const;
  const partOf = (part: UserPart, declared: Quirks = quirks.openai) => {
    const wire = toContentPart(part, declared);
    const body = { model: "m", messages: [{ role: "user", content: [wire] }] };
    expect(complaintAbout(body, declared === quirks.openrouter ? "openrouter" : "openai")).toBeUndefined();
    return wire;
  };

  it("carries documents whole, under their names", () => {
    const file_data = "data:application/pdf;base64,JVBERg==";
    expect(partOf({ ...pdf, name: "bill.pdf" })).toEqual({ type: "file", file: { filename: "bill.pdf", file_data } });
    expect(partOf(pdf)).toEqual({ type: "file", file: { filename: "file.pdf", file_data } });
    expect(partOf({ ...pdf, file: "data:,%25PDF" })).toMatchObject({
      file: { file_data: "data:application/pdf;base64,JVBERg==" },
    });
  });

  it("carries images, sounds and texts as what they are", () => {
    const image = "https://example.com/cat.png";
    expect(partOf({ type: "file", mediaType: "image/png", file: image })).toEqual({
      type: "image_url",
      image_url: { url: image },
    });
    expect(partOf({ type: "file", mediaType: "audio/mpeg", file: "data:audio/mpeg;base64,AAAA" })).toEqual({
      type: "input_audio",
      input_audio: { data: "AAAA", format: "mp3" },
    });
    const notes = `data:text/plain;charset=utf-8;base64,${Buffer.from("Привет").toString("base64")}`;
    expect(partOf({ type: "file", mediaType: "text/plain", file: notes, name: "notes.txt" })).toEqual({
      type: "text",
      text: "notes.txt:\nПривет",
    });
  });

  it("gives the address of a document only to a server that fetches it", () => {
    const file = "https://example.com/bill.pdf";
    expect(partOf({ ...pdf, file }, quirks.openrouter)).toMatchObject({ file: { file_data: file } });
    expect(() => partOf({ ...pdf, file })).toThrow(expect.objectContaining({ code: "unsupported" }));
  });

  it.each<[string, FilePart, string]>([
    ["a sound of another kind", { type: "file", mediaType: "audio/ogg", file: "data:,x" }, "unsupported"],
    [
      "the address of a sound",
      { type: "file", mediaType: "audio/wav", file: "https://a.example/b.wav" },
      "unsupported",
    ],
    ["a path", { ...pdf, file: "./bill.pdf" }, "invalid-argument"],
    ["a broken data: URL", { ...pdf, file: "data:,%E0%A4%A" }, "invalid-argument"],
  ])("refuses %s, and says what to do", (_name, part, code) => {
    expect(() => partOf(part)).toThrow(expect.objectContaining({ code, hint: expect.any(String) }));
  });
});
