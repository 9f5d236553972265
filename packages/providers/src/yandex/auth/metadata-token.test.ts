import { createServer, type Server } from "node:net";
import { requestJson } from "@beseda/core/http";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "../../../../../test/fakes/yandex/yandex-server.ts";
import { yandexConnection } from "../connection/connection.ts";

let server: YandexServer | undefined;
let silent: Server | undefined;

afterEach(async () => {
  vi.useRealTimers();
  await server?.close();
  silent?.close();
});

/** Waits for what has to come, however busy the machine is. */
function until(claim: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(claim, { interval: 2 });
}

async function start(metadata?: string) {
  server = await startYandexServer();
  const endpoints = { ...server.settings.endpoints, ...(metadata !== undefined && { metadata }) };
  const connection = yandexConnection({ vmMetadata: true, endpoints, retry: { longestWaitMs: 0, retries: 1 } });
  return () => requestJson(connection.request({ at: "llm", path: "/operations/d7qnone", quota: "operation" }));
}

describe("the metadata server of a virtual machine", () => {
  it("that cannot be reached is an error that says where it works and what to use elsewhere", async () => {
    const ask = await start("http://127.0.0.1:1");
    await expect(ask()).rejects.toMatchObject({
      code: "unavailable",
      message: expect.stringMatching(/^The metadata server http:\/\/127\.0\.0\.1:1 gave no token/),
      hint: expect.stringMatching(
        /virtual machine of Yandex Cloud\. Elsewhere use apiKey \(YC_API_KEY\) or serviceAccountKey/,
      ),
    });
    expect(server?.ledger).toEqual([]);
  });

  it("that says nothing is waited for three seconds, not longer, and once", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let requests = 0;
    const listening = new Promise<string>((resolve) => {
      silent = createServer((socket) => socket.once("data", () => requests++)).listen(0, "127.0.0.1", () => {
        const address = silent?.address();
        resolve(`http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`);
      });
    });
    const ask = await start(await listening);
    const outcome = ask().catch((error: unknown) => error);
    await until(() => expect(requests).toBe(1));
    await vi.advanceTimersByTimeAsync(3_000);
    expect(await outcome).toMatchObject({ code: "timeout", hint: expect.stringContaining("serviceAccountKey") });
    expect(requests).toBe(1);
  });

  it("that knows no account says that one has to be linked", async () => {
    const ask = await start();
    server?.faults.add({ path: "/computeMetadata", raw: { status: 404, body: "404 not found" } });
    await expect(ask()).rejects.toMatchObject({
      code: "not-found",
      status: 404,
      hint: expect.stringContaining("Is a service account linked to this virtual machine?"),
    });
    expect(server?.ledger).toHaveLength(1);
  });

  it("that answers with a token alone has it in no error", async () => {
    const ask = await start();
    server?.faults.add({ path: "/computeMetadata", raw: { status: 200, body: "t1.9euelZqM" } });
    const error: unknown = await ask().catch((thrown) => thrown);
    expect(error).toMatchObject({ code: "bad-response", message: expect.stringContaining("not JSON") });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain("9euel");
  });

  it("that answers without a token has answered badly", async () => {
    const ask = await start();
    server?.faults.add({ path: "/computeMetadata", raw: { status: 200, body: { token: 1 } } });
    await expect(ask()).rejects.toMatchObject({ code: "bad-response" });
  });
});
