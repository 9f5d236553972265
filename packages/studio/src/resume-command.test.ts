import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { resumeCommand, shellQuoted } from "./resume-command.ts";
import { safeLine } from "./write-lines.ts";

/** The words as a shell takes them. */
function heard(shell: string, words: readonly string[]): string[] {
  const command = `printf '%s\\0' ${words.map(shellQuoted).join(" ")}`;
  const { stdout } = spawnSync(shell, ["-c", command], { encoding: "utf8" });
  return stdout.split("\0").slice(0, -1);
}

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
    const byNpx = (script: string) => resumeCommand({ ...started, argv: [node, script] }, ["batch"], {});
    expect(byNpx("/project/node_modules/.bin/beseda")).toBe("npx beseda batch --resume");
    expect(byNpx("/cache/_npx/1a/node_modules/.bin/beseda")).toBe("npx @beseda/studio batch --resume");
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
    const words = fc.sample(said, 40).concat("$(id)", "`id`", "it's", '"', "*", "~", "-", "");
    expect(heard("sh", words)).toEqual(words);
  });

  it("comes through terminals, too, with line breaks and all that these do not show", () => {
    const any = fc.string({ unit: "binary", minLength: 0, maxLength: 20 }).map((text) => text.toWellFormed());
    const said = fc.sample(any, 40).map((text) => text.replaceAll("\0", ""));
    const words = said.concat("Line one\nLine two's \\n\t", "a\rb\u001b[2J7", "\u202etxt.exe\u2066", "\u0085\u007f");
    const command = words.map(shellQuoted).join(" ");
    expect(safeLine(command)).toBe(command);
    expect(heard("bash", words)).toEqual(words);
    expect(shellQuoted("Line one\nLine two")).toBe("$'Line one\\nLine two'");
  });
});
