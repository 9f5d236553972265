// One call while it is being written: its tool, its input piece by piece, and where it ends.
import type { ModelEvent } from "../ports/language-model.ts";
import { markAt } from "./find-mark.ts";
import type { CallHead, ToolProtocol, WrittenCall } from "./tool-protocol.ts";
import { ValueScan } from "./value-scan.ts";

const longestHead = 1_000;

/** Takes what follows the start mark. However that is cut into pieces, the joined events are the same. */
export class CallReader {
  readonly #protocol: ToolProtocol;
  readonly #toolCallId = `call_${crypto.randomUUID().replaceAll("-", "").slice(0, 24)}`;
  /** What was written, as long as there is no head. */
  #written = "";
  #head: CallHead | undefined;
  #input = "";
  /** The end of the input so far, of which a part may belong to the protocol. */
  #doubtful = "";
  /** What may become the end mark. */
  #held = "";
  #value = new ValueScan();

  constructor(protocol: ToolProtocol) {
    this.#protocol = protocol;
  }

  /** @returns what follows the call, once it is over; until then nothing. */
  push(text: string, out: ModelEvent[]): string | undefined {
    const all = this.#held + text;
    this.#held = "";
    return this.#head ? this.#readInput(this.#head, all, out) : this.#readHead(all, out);
  }

  /** The reply is over: a call that is not is handed over as it stands. */
  end(out: ModelEvent[]): void {
    if (this.#head) this.#endInput(this.#head, this.#held, out);
    else this.#emitWhole(this.#protocol.readCall(this.#written + this.#held), out);
  }

  #readHead(text: string, out: ModelEvent[]): string | undefined {
    const mayBeHead = this.#written.length < longestHead;
    const { at, why } = this.#scan(text);
    this.#written += text.slice(0, at);
    const head = mayBeHead ? this.#protocol.readHead(this.#written.slice(0, longestHead)) : undefined;
    if (head) {
      this.#head = head;
      this.#value = new ValueScan();
      this.#begin(head, out);
      return this.#readInput(head, this.#written.slice(head.inputAt) + text.slice(at), out);
    }
    if (why === "open") {
      this.#held = text.slice(at);
      return undefined;
    }
    this.#emitWhole(this.#protocol.readCall(this.#written), out);
    return text.slice(at);
  }

  #readInput(head: CallHead, text: string, out: ModelEvent[]): string | undefined {
    const { at, why } = this.#scan(text);
    const piece = text.slice(0, at);
    const rest = text.slice(at);
    if (why === "open") {
      this.#addInput(head, piece, out);
      this.#held = rest;
      return undefined;
    }
    if (why === "ended") this.#endInput(head, piece, out);
    else {
      this.#show(this.#doubtful + piece, out);
      this.#emitCall(head, out);
    }
    return rest;
  }

  /** How far the text is the call's: to where its value is whole, to the end mark, or to what may become the end mark. */
  #scan(text: string): { at: number; why: "open" | "whole" | "ended" } {
    const { callEnd } = this.#protocol;
    for (let at = 0; at < text.length; at++) {
      if (!this.#value.isInString) {
        const hit = markAt(text, at, callEnd);
        if (hit !== "none") return { at, why: hit === "whole" ? "ended" : "open" };
      }
      if (this.#value.add(text.charCodeAt(at))) return { at: at + 1, why: "whole" };
    }
    return { at: text.length, why: "open" };
  }

  /** Held back is what the protocol may have written after an input that is not whole. */
  #addInput({ closer = "" }: CallHead, piece: string, out: ModelEvent[]): void {
    let end = piece.length;
    for (; end > 0; end--) {
      const last = piece.charAt(end - 1);
      if (last.trim() !== "" && !closer.includes(last)) break;
    }
    if (end > 0) {
      this.#show(this.#doubtful + piece.slice(0, end), out);
      this.#doubtful = "";
    }
    this.#doubtful += piece.slice(end);
  }

  #endInput(head: CallHead, piece: string, out: ModelEvent[]): void {
    const { closer = "" } = head;
    const rest = (this.#doubtful + piece).trimEnd();
    this.#show(closer !== "" && rest.endsWith(closer) ? rest.slice(0, -closer.length) : rest, out);
    this.#emitCall(head, out);
  }

  #emitWhole(call: WrittenCall, out: ModelEvent[]): void {
    this.#begin(call, out);
    this.#show(call.input, out);
    this.#emitCall(call, out);
  }

  #begin({ toolName }: { toolName: string }, out: ModelEvent[]): void {
    out.push({ type: "tool-input-start", toolCallId: this.#toolCallId, toolName });
  }

  #show(delta: string, out: ModelEvent[]): void {
    if (delta === "") return;
    this.#input += delta;
    out.push({ type: "tool-input-delta", toolCallId: this.#toolCallId, delta });
  }

  #emitCall({ toolName }: { toolName: string }, out: ModelEvent[]): void {
    out.push({ type: "tool-call", toolCallId: this.#toolCallId, toolName, input: this.#input });
  }
}
