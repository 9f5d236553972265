// Model requests as the rows of a dataset, and what all of them have in common as the options of the batch. Pure.
import { createHash } from "node:crypto";
import { type BatchRequests, BesedaError, type Message, type ModelRequest } from "@beseda/core";
import type { YandexQuirks } from "../../quirks.ts";
import { type PlainMessage, toStruct } from "../plain-message.ts";

export type BatchMessage = { role: string; text: string };
export type BatchRow = { request: BatchMessage[] };

/** What is said once for all rows: a batch has one set of options. */
export type BatchOptions = Pick<ModelRequest, "outputSchema" | "reasoning"> &
  Pick<ModelRequest["settings"], "temperature" | "maxOutputTokens">;

/**
 * The rows, as they are read. `settled` is called with the options of the first request, which all others have to share.
 * @throws BesedaError `unsupported` for what a row has no place for, `invalid-argument` for options that differ and for a
 * request without a word of the user, each with the number of the row
 */
export async function* batchRows(
  requests: BatchRequests,
  settled: (options: BatchOptions) => void,
): AsyncGenerator<BatchRow> {
  let row = 0;
  let common: string | undefined;
  for await (const request of requests) {
    row++;
    const options = optionsOf(request);
    const text = JSON.stringify(options);
    if (common === undefined) settled(options);
    else if (text !== common) throw differs(row, JSON.parse(common), options);
    common ??= text;
    yield toBatchRow(request, row);
  }
}

/** `row` is for errors, from 1. */
export function toBatchRow({ instructions, messages, tools }: ModelRequest, row: number): BatchRow {
  if (tools.length > 0) throw toolless(row);
  const request: BatchMessage[] = [];
  if (isSaid(instructions)) request.push({ role: "system", text: instructions.toWellFormed() });
  for (const message of messages) {
    const text = textOfMessage(message, row);
    if (isSaid(text)) request.push({ role: message.role, text: text.toWellFormed() });
  }
  if (request.some(({ role }) => role === "user")) return { request };
  throw new BesedaError(`Row ${row} asks nothing: there is no message of a user with a text.`, {
    code: "invalid-argument",
    hint: "Give every request of the batch a message of the user.",
  });
}

/** Two requests of the same content have the same digest, whatever else they are: two words of 32 bits. */
export function digestOf(request: readonly BatchMessage[]): readonly [high: number, low: number] {
  const content = JSON.stringify(request.map(({ role, text }) => [role, text]));
  const digest = createHash("sha256").update(content).digest();
  return [digest.readUInt32BE(0), digest.readUInt32BE(4)];
}

/** As `BatchCompletionRequest` has them. */
export function toBatchOptions(
  options: BatchOptions,
  { thinks, jsonObject }: Pick<YandexQuirks, "thinks"> & { jsonObject?: boolean | undefined },
): PlainMessage {
  const { temperature, maxOutputTokens, reasoning, outputSchema } = options;
  return {
    completionOptions: {
      ...(temperature !== undefined && { temperature: { value: temperature } }),
      ...(maxOutputTokens !== undefined && { maxTokens: { value: maxOutputTokens } }),
      ...(thinks && reasoning === "native" && { reasoningOptions: { mode: "ENABLED_HIDDEN" } }),
    },
    ...(outputSchema ? { jsonSchema: { schema: toStruct(outputSchema) } } : jsonObject && { jsonObject: true }),
  };
}

function optionsOf({ settings, outputSchema, reasoning }: ModelRequest): BatchOptions {
  const { temperature, maxOutputTokens } = settings;
  // In one order, so that they can be compared as texts.
  return {
    ...(temperature !== undefined && { temperature }),
    ...(maxOutputTokens !== undefined && { maxOutputTokens }),
    reasoning,
    ...(outputSchema && { outputSchema }),
  };
}

function textOfMessage(message: Message, row: number): string {
  if (message.role === "tool") throw toolless(row);
  if (typeof message.content === "string") return message.content;
  const texts: string[] = [];
  for (const part of message.content) {
    if (part.type === "tool-call") throw toolless(row);
    if (part.type === "image" || part.type === "file") throw textOnly(row, part.type);
    if (part.type === "text" && isSaid(part.text)) texts.push(part.text);
  }
  return texts.join(message.role === "user" ? "\n\n" : "");
}

function isSaid(text: string): boolean {
  return text.trim() !== "";
}

function toolless(row: number): BesedaError {
  return new BesedaError(`Row ${row} has tools, which batches of Yandex AI Studio do not know.`, {
    code: "unsupported",
    hint: "Wrap the model in promptedTools(), which asks for tools in words; jobs.batch() does it by itself.",
  });
}

function textOnly(row: number, type: "image" | "file"): BesedaError {
  return new BesedaError(`Row ${row} has ${type === "image" ? "an image" : "a file"}; batches take text only here.`, {
    code: "unsupported",
    hint: "Leave it out, or ask the model without a batch.",
  });
}

function differs(row: number, first: BatchOptions, other: BatchOptions): BesedaError {
  const names = ["temperature", "maxOutputTokens", "reasoning", "outputSchema"] as const;
  const name = names.find((each) => JSON.stringify(first[each]) !== JSON.stringify(other[each])) ?? "settings";
  return new BesedaError(`Row ${row} has another ${name} than the rows before it.`, {
    code: "invalid-argument",
    hint: "All requests of one batch share temperature, maxOutputTokens, reasoning and outputSchema: make several batches.",
  });
}
