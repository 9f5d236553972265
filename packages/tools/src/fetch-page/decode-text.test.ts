import { expect, it } from "vitest";
import { decodeText } from "./decode-text.ts";

/** "Привет" as old Russian pages write it. */
const windows1251 = Uint8Array.of(0xcf, 0xf0, 0xe8, 0xe2, 0xe5, 0xf2);
const koi8 = Uint8Array.of(0xf0, 0xd2, 0xc9, 0xd7, 0xc5, 0xd4);
const after = (head: string, bytes: Uint8Array) => Buffer.concat([Buffer.from(head), bytes]);

it.each([
  ["the content type", windows1251, "text/html; charset=windows-1251"],
  ["a quoted charset", koi8, 'text/html; Charset="KOI8-R"'],
  ["a meta element", after('<meta charset="cp1251">', windows1251), "text/html"],
  [
    "an old meta element",
    after('<meta http-equiv="Content-Type" content="text/html; charset=windows-1251">', windows1251),
    "text/html",
  ],
  ["an XML declaration", after("<?xml version='1.0' encoding='windows-1251'?>", windows1251), "application/xml"],
  ["a byte order mark, whatever else is said", Buffer.from("\ufeffПривет"), "text/html; charset=windows-1251"],
  ["a byte order mark of UTF-16", Buffer.from("\ufeffПривет", "utf16le"), "text/plain"],
  ["nothing, which means UTF-8", Buffer.from("Привет"), "text/plain"],
  ["an unknown name, which means UTF-8", Buffer.from("Привет"), "text/plain; charset=klingon"],
])("reads the encoding from %s", (_, bytes, contentType) => {
  expect(decodeText(bytes, contentType).endsWith("Привет")).toBe(true);
});

it("reads broken UTF-8 with replacement characters", () => {
  expect(decodeText(Uint8Array.of(0x61, 0xff), "")).toBe("a\ufffd");
});

it.each(["windows-1252", "iso-8859-1"])("reads the quotation marks of %s as browsers do", (charset) => {
  expect(decodeText(Uint8Array.of(0x93, 0xe9, 0x94, 0x80), `text/html; charset=${charset}`)).toBe("“é”€");
});
