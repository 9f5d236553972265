// A real JPEG of any size, all of one grey: the picture that the fake paints.

/**
 * Baseline, one component. `shade` is from 0 to 1. Each block of 8 by 8 says “as the one before, and nothing else” in two
 * bits; only the first one says how bright it is.
 */
export function greyJpeg({ width, height, shade }: { width: number; height: number; shade: number }): Buffer {
  const blocks = Math.ceil(width / 8) * Math.ceil(height / 8);
  return Buffer.concat([
    Buffer.from([0xff, 0xd8]),
    segment(0xe0, [...Buffer.from("JFIF\0"), 1, 1, 0, 0, 1, 0, 1, 0, 0]),
    // Quantisation by 8 throughout: a step of the mean is a step of the grey.
    segment(0xdb, [0, ...Array<number>(64).fill(8)]),
    segment(0xc0, [8, ...twoBytes(height), ...twoBytes(width), 1, 1, 0x11, 0]),
    // Means: “0” is no difference, “10” one of seven bits. The rest of a block: “0” is nothing more.
    segment(0xc4, [0x00, 1, 1, ...Array<number>(14).fill(0), 0, 7]),
    segment(0xc4, [0x10, 1, ...Array<number>(15).fill(0), 0]),
    segment(0xda, [1, 1, 0x00, 0, 63, 0]),
    scan(blocks, shade),
    Buffer.from([0xff, 0xd9]),
  ]);
}

/** Seven bits hold −127 … −64 and 64 … 127: dark and bright, and no middle. */
function scan(blocks: number, shade: number): Buffer {
  const step = Math.min(127, Math.floor(shade * 128));
  const bits = `10${step.toString(2).padStart(7, "0")}0${"00".repeat(blocks - 1)}`;
  const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, "1");
  const bytes = padded.match(/.{8}/g) ?? [];
  // Within a scan FF is followed by 00.
  return Buffer.from(bytes.flatMap((byte) => (byte === "11111111" ? [0xff, 0] : [Number.parseInt(byte, 2)])));
}

function segment(marker: number, body: readonly number[]): Buffer {
  return Buffer.from([0xff, marker, ...twoBytes(body.length + 2), ...body]);
}

function twoBytes(number: number): [number, number] {
  return [number >> 8, number & 0xff];
}
