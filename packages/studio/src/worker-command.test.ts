import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createJobs, localEngine } from "@beseda/jobs";
import { Command } from "commander";
import { expect, it, onTestFinished, vi } from "vitest";
import { addJobCommands } from "./jobs-arguments.ts";
import { worker } from "./worker-command.ts";

it("beseda worker signs webhooks with the secret of the environment", { timeout: 30_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), "beseda-worker-command-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const agent = join(folder, "shop.mjs");
  writeFileSync(agent, 'export default { name: "shop", stream() {}, generate() {} };');
  const server = createServer((_, response) => void response.end()).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  const heard = once(server, "request") as Promise<[IncomingMessage]>;
  await once(server, "listening");
  const webhook = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const jobs = createJobs({ engine: localEngine(folder), work: false, webhookSecret: "known to both" });
  await (await jobs.start("shop", "Hello", { webhook })).cancel();
  await jobs.close();

  vi.stubEnv("BESEDA_WEBHOOK_SECRET", "known to both");
  vi.spyOn(process.stderr, "write").mockReturnValue(true);
  onTestFinished(() => {
    vi.unstubAllEnvs();
    vi.restoreAllMocks();
  });
  const ended = worker({ agent: [agent], jobs: folder });
  const [{ headers }] = await heard;
  process.emit("SIGTERM");
  expect(await ended).toBe(0);
  expect(headers["webhook-signature"]).toMatch(/^v1,/);
});

it("the help page of beseda worker names the variable of the secret", () => {
  const program = new Command();
  addJobCommands(program, () => {});
  let page = "";
  const writeOut = (text: string) => {
    page += text;
  };
  program.commands
    .find((command) => command.name() === "worker")
    ?.configureOutput({ writeOut })
    .outputHelp();
  expect(page).toContain("BESEDA_WEBHOOK_SECRET");
});

it("beseda worker takes no jobs of a queue without a name, such as that of an empty variable", async () => {
  const program = new Command();
  addJobCommands(program, () => {});
  const command = program.commands.find((each) => each.name() === "worker");
  command?.exitOverride().configureOutput({ writeErr: () => {} });
  const asked = program.parseAsync(["worker", "--agent", "none.mjs", "--queue", ""], { from: "user" });
  await expect(asked).rejects.toThrow("It is empty.");
});
