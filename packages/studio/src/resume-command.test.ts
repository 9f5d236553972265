import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resumeCommand, shellQuoted } from "./resume-command.ts";

const node = "/usr/bin/node";
const args = ["batch", "in.jsonl", "-o", "my out.parquet", "--model", "offline"];

describe("the command that goes on", () => {
  it("is the one that was given, with --resume, once", () => {
    const started = { execPath: node, execArgv: [], argv: [node, "/usr/local/bin/beseda", ...args] };
    const command = "beseda batch --resume in.jsonl -o 'my out.parquet' --model offline";
    expect(resumeCommand(started, args, {})).toBe(command);
    const again = ["batch", "--resume", ...args.slice(1)];
    expect(resumeCommand({ ...started, argv: [node, "/usr/local/bin/beseda", ...again] }, again, {})).toBe(command);
  });

  it("names the program as it was called: by node, by a package manager, or by one that npx brought", () => {
    const script = "packages/studio/src/main.ts";
    const started = { execPath: node, execArgv: ["--import", "tsx"], argv: [node, script] };
    expect(resumeCommand(started, ["batch"], {})).toBe(`${node} --import tsx ${script} batch --resume`);
    const pnpm = { npm_lifecycle_event: "beseda", npm_config_user_agent: "pnpm/10.34.9 npm/? node/v20" };
    expect(resumeCommand(started, ["batch"], { ...pnpm, npm_execpath: "/opt/pnpm/pnpm.cjs" })).toBe(
      "pnpm run beseda batch --resume",
    );
    expect(resumeCommand(started, ["batch"], { ...pnpm, npm_execpath: "/cache/_npx/1a/pnpm.cjs" })).toBe(
      "npx -y pnpm@10.34.9 run beseda batch --resume",
    );
  });

  it("comes through a shell unharmed, whatever was said", () => {
    const said = fc.string({ unit: "grapheme", minLength: 0, maxLength: 20 }).filter((text) => !text.includes("\0"));
    const words = fc.sample(said, 40).concat("$(id)", "`id`", "it's", '"', "a\nb", "*", "~", "-", "");
    const { stdout } = spawnSync("sh", ["-c", `printf '%s\\0' ${words.map(shellQuoted).join(" ")}`], {
      encoding: "utf8",
    });
    expect(stdout.split("\0").slice(0, -1)).toEqual(words);
  });
});
