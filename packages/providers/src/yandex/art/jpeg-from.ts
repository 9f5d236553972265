// A picture out of a reply: its bytes, looked at before anybody relies on them.
import { BesedaError } from "@beseda/core";

/**
 * The bytes of a whole JPEG.
 * @throws BesedaError `bad-response` for nothing, for something else, and for one whose end is missing
 */
export function jpegFrom(base64: unknown): Uint8Array {
  if (typeof base64 !== "string" || base64 === "") throw noPicture("without a picture");
  const bytes = Buffer.from(base64, "base64");
  if (!bytes.subarray(0, 3).equals(startOfImage)) throw noPicture("with something that is no JPEG");
  // Between the start of the scan and the end of the image the mark of the end cannot occur: a thumbnail comes before.
  if (bytes.lastIndexOf(endOfImage) <= bytes.lastIndexOf(startOfScan)) throw noPicture("with a JPEG that breaks off");
  return bytes;
}

const startOfImage = Buffer.from([0xff, 0xd8, 0xff]);
const startOfScan = Buffer.from([0xff, 0xda]);
const endOfImage = Buffer.from([0xff, 0xd9]);

function noPicture(how: string): BesedaError {
  return new BesedaError(`Yandex AI Studio answered ${how}.`, {
    code: "bad-response",
    hint: "Ask for the picture anew. If it comes back, ask the service's support, with the id of the operation.",
  });
}
