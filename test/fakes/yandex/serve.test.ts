import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { expect, it } from "vitest";

it("the fake, served to people, says that it runs and how it is stopped, beside what is for the shell", async () => {
  const child = spawn(process.execPath, ["--import", "tsx", join(import.meta.dirname, "serve.ts")]);
  const texts = { out: "", err: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    texts.out += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    texts.err += text;
  });
  const ended = once(child, "close");
  await expect.poll(() => texts.err, { timeout: 20_000 }).toMatch(/runs on http:\/\/127\.0\.0\.1:\d+.*Ctrl-C stops it/);
  child.kill("SIGINT");
  await ended;
  expect(texts.out).toMatch(/^(export [A-Z_]+=\S+.*\n)+$/);
}, 30_000);
