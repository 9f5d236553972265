import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startYandexServer, type YandexServer } from "../../../test/fakes/yandex/yandex-server.ts";
import { exitCodeOf } from "./exit.ts";
import { image } from "./image-command.ts";

let server: YandexServer;
let folder = "";
/** The first command loads what it needs. */
const patient = { timeout: 10_000 };
vi.setConfig({ testTimeout: 30_000 });

beforeEach(async () => {
  server = await startYandexServer();
  folder = mkdtempSync(join(tmpdir(), "beseda-image-"));
  const { origin, account } = server;
  vi.stubEnv("YC_API_KEY", account.apiKey);
  vi.stubEnv("YC_FOLDER_ID", account.folderId);
  for (const name of ["LLM", "OPENAI", "OPERATION"]) vi.stubEnv(`YC_${name}_ENDPOINT`, origin);
  vi.spyOn(process.stdout, "write").mockReturnValue(true);
});
afterEach(async () => {
  vi.restoreAllMocks();
  vi.unstubAllEnvs();
  await server.close();
  rmSync(folder, { recursive: true });
});

/** The service takes the next request in when `accept` is called. */
function heldBack() {
  let accept = () => {};
  const until = new Promise<void>((resolve) => {
    accept = resolve;
  });
  server.faults.add({ path: /images?\/?[Gg]eneration/, until });
  return { accept, isAsked: () => expect.poll(() => server.ledger.length, patient).toBe(1) };
}

describe("beseda image", () => {
  it("calls off a picture that is accepted only after Ctrl-C, or after the end that a supervisor asks for", async () => {
    for (const [index, signal] of (["SIGINT", "SIGTERM"] as const).entries()) {
      const { accept } = heldBack();
      const stopped = image("a fox", { output: join(folder, "fox.jpg") }).catch((thrown) => thrown);
      await expect.poll(() => server.ledger.length, patient).toBeGreaterThan(index * 2);
      process.emit(signal);
      accept();
      const error = await stopped;
      expect([error.advice, exitCodeOf(error)]).toEqual(["Stopped. The picture was called off.", 130]);
      expect(server.operations.all.map(({ isCancelled }) => isCancelled)).toEqual(Array(index + 1).fill(true));
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  it("does not say that it was called off where that is not known, or cannot be", async () => {
    server.faults.add({ path: ":cancel", raw: { status: 400, body: { code: 9, message: "too late" } } });
    server.operations.plans.push({ unfinished: "never" });
    const stopped = image("a fox", { output: join(folder, "fox.jpg") });
    const told = expect(stopped).rejects.toMatchObject({
      code: "aborted",
      hint: expect.stringMatching(/^It is not known whether the picture fbv\w+ was called off/),
    });
    await expect.poll(() => server.operations.all[0]?.polls, patient).toBe(1);
    process.emit("SIGINT");
    await told;
    const before = server.ledger.length;
    const { accept } = heldBack();
    const atOnce = image("a fox", { output: join(folder, "fox.jpg"), model: "aliceai-image-art-3.0/latest" });
    const billed = expect(atOnce).rejects.toMatchObject({ hint: expect.stringContaining("may be billed") });
    await expect.poll(() => server.ledger.length, patient).toBe(before + 1);
    process.emit("SIGINT");
    await billed;
    accept();
  });

  it("pays for nothing that has no place, and throws nothing away that it has paid for", async () => {
    for (const output of ["", folder]) {
      await expect(image("a fox", { output, force: true })).rejects.toMatchObject({ code: "invalid-argument" });
    }
    expect(server.ledger).toEqual([]);
    const output = join(folder, "fox.jpg");
    const { accept, isAsked } = heldBack();
    const painted = image("a fox", { output }).catch((thrown) => thrown);
    await isAsked();
    mkdirSync(output);
    accept();
    const { hint } = await painted;
    const [, place = "", id] = /^It is in (.*)\. Its operation is (fbv\w+),/.exec(hint) ?? [];
    expect(readFileSync(place)[0]).toBe(0xff);
    expect(id).toBe(server.operations.all[0]?.id);
    rmSync(dirname(place), { recursive: true });
  });
});
