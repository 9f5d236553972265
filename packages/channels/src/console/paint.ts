// Few colours, readable on light and on dark ground.
import { styleText } from "node:util";

export type Paint = Record<"dim" | "bold" | "tool" | "error", (text: string) => string>;

/** Whether there are colours is decided by whoever knows the terminal; without them the text stays as it is. */
export function paintFor(hasColors: boolean): Paint {
  const style = (format: Parameters<typeof styleText>[0]) => (text: string) =>
    hasColors && text !== "" ? styleText(format, text, { validateStream: false }) : text;
  return { dim: style("dim"), bold: style("bold"), tool: style("cyan"), error: style("red") };
}
