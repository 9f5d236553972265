// Streams of the native API at their worst, where each line is the whole text so far; and one key in two processes.
import { Agent, type ModelEvent } from "@beseda/core";
import { yandex, yandexConnection } from "@beseda/providers/yandex";
import { describe, expect, it } from "vitest";
import type { FakeRoute } from "../fakes/yandex/fake-service.ts";
import { outcomeOf, turn } from "./fault-bench.ts";
import {
  accountKey,
  billedIn,
  completionPath,
  question,
  requestsTo,
  textOf,
  tokenPath,
  yandexServing,
} from "./yandex-bench.ts";
import { yandexRunsCut } from "./yandex-stream-cuts.ts";

/** A line of a stream, as the service writes it. */
function lineOf(text: string, isLast: boolean): string {
  const status = `ALTERNATIVE_STATUS_${isLast ? "FINAL" : "PARTIAL"}`;
  const usage = { inputTextTokens: "5", completionTokens: "7", totalTokens: "12", completionTokensDetails: {} };
  const result = { alternatives: [{ message: { role: "assistant", text }, status }], usage, modelVersion: "" };
  return `${JSON.stringify({ result })}\n`;
}

/** A service that streams these lines, in pieces of so many bytes. */
function streaming(texts: readonly string[], pieceBytes: number): FakeRoute {
  return {
    method: "POST",
    path: /^\/foundationModels\/v1\/completion$/,
    errors: "streaming",
    async answer({ response, gone }) {
      response.writeHead(200, { "content-type": "application/json" });
      for (const [index, text] of texts.entries()) {
        const bytes = Buffer.from(lineOf(text, index === texts.length - 1));
        for (let at = 0; at < bytes.length && !gone.aborted; at += pieceBytes) {
          if (!response.write(bytes.subarray(at, at + pieceBytes))) {
            await new Promise((resolve) => response.once("drain", resolve));
          }
          await turn();
        }
      }
      response.end();
    },
  };
}

async function eventsOf(route: FakeRoute): Promise<ModelEvent[]> {
  const server = await yandexServing({ routes: [route] });
  const events: ModelEvent[] = [];
  const model = yandex("yandexgpt-lite", server.settings);
  for await (const some of model.stream(question("Говори."))) events.push(...some);
  expect(server.ledger).toHaveLength(1);
  return events;
}

const deltasOf = (events: readonly ModelEvent[]) =>
  events.flatMap((event) => (event.type === "text-delta" ? [event.text] : []));

describe("A native stream", () => {
  it("that comes byte by byte is the same text, of whole characters, piece by piece as the service wrote it", async () => {
    const pieces = ["Снег ❄️ и ", "ветер;\u2028семье ", "👨‍👩‍👧‍👦 ", '"дома", \\ 🏠', "\nё̈."];
    const texts = pieces.map((_, index) => pieces.slice(0, index + 1).join(""));
    const events = await eventsOf(streaming(texts, 1));
    expect(deltasOf(events)).toEqual(pieces);
    expect(events.at(-1)).toMatchObject({ type: "finish", finishReason: "stop" });
  });

  it("of 40 MB, of which the text is a hundredth, is read to its end", async () => {
    const piece = "Мороз и солнце; день чудесный! ".repeat(40);
    const texts = Array.from({ length: 200 }, (_, index) => piece.repeat(index + 1));
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(lineOf(text, false)), 0);
    expect(bytes).toBeGreaterThan(40_000_000);
    const deltas = deltasOf(await eventsOf(streaming(texts, 256 * 1024)));
    expect(deltas).toEqual(Array(200).fill(piece));
  }, 30_000);

  it("that is rewritten in every line ends, for the agent and for who looks on, with what was written last", async () => {
    const rewrites = Array.from({ length: 100 }, (_, index) => `${100 - index} бутылок 🍼 на стене`);
    const server = await yandexServing({ replies: [{ rewrites }] });
    const { parts, result } = await outcomeOf(new Agent({ model: yandex("yandexgpt-lite", server.settings) }), "Спой.");
    expect(result.text).toBe("1 бутылок 🍼 на стене");
    const shown = parts.reduce((text, part) => {
      if (part.type === "text-replace") return part.text;
      return part.type === "text-delta" ? text + part.text : text;
    }, "");
    expect(shown).toBe(result.text);
    expect(parts.filter(({ type }) => type === "text-replace")).toHaveLength(99);
    expect(billedIn(server)).toHaveLength(1);
  });

  it(
    "that breaks off after some byte invents no text, and runs no tool that it has not asked for whole",
    () => yandexRunsCut(17),
    30_000,
  );

  it("that turns into an error after some text is told as it is, with the text so far: no second one is paid for", async () => {
    const message = "ai.textGenerationCompletionSessionsCount.count gauge quota limit exceed: allowed 10 requests";
    const server = await yandexServing({ replies: [{ text: ["Сегодня ", "снег"], breaksOff: { code: 8, message } }] });
    const { result, error } = await outcomeOf(
      new Agent({ model: yandex("yandexgpt-lite", server.settings) }),
      "Прогноз?",
    );
    expect(error).toMatchObject({ code: "rate-limited", hint: expect.stringContaining("allows 10 at once") });
    expect(result.text).toBe("Сегодня снег");
    expect(requestsTo(server, completionPath)).toHaveLength(1);
  });
});

describe("One service-account key in two processes", () => {
  it("gives each a token of its own, and each renews its own when all are dead", async () => {
    const server = await yandexServing({ quotas: { completion: {} } });
    const { endpoints, folderId } = server.settings;
    const serviceAccountKey = accountKey(server);
    // Models that are made with the same settings in one process share a connection.
    const models = [0, 1].map(() =>
      yandex("yandexgpt-lite", { connection: yandexConnection({ endpoints, folderId, serviceAccountKey }) }),
    );
    const askAll = (round: string) =>
      Promise.all(
        Array.from({ length: 40 }, async (_, number) => {
          const events = [];
          const model = models[number % 2];
          if (model) for await (const some of model.stream(question(`${round} ${number}`))) events.push(...some);
          return textOf(events);
        }),
      );
    await askAll("before");
    server.identities.tokens.clear();
    expect((await askAll("after")).filter(Boolean)).toHaveLength(40);
    expect(requestsTo(server, tokenPath)).toHaveLength(4);
    expect(billedIn(server)).toHaveLength(80);
  });
});
