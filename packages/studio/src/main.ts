#!/usr/bin/env node
// The `beseda` command: what it can be asked, and how it ends. What it does is loaded when it is asked for.
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const isVerbose = process.argv.includes("--verbose");

// A reader that goes away is no accident; who has something to lose by it listens too.
process.stdout.on("error", () => {});
process.stderr.on("error", () => {});
process.on("uncaughtException", (thrown) => void fail(thrown).then(leave));
// A tool that leaves a promise alone must not end the chat.
process.on("unhandledRejection", (thrown) => void fail(thrown));
leave(await run(withoutSeparator(process.argv.slice(2))));

async function run(args: string[]): Promise<number> {
  let exitCode = 0;
  const program = new Command("beseda")
    .description("Chatbots that stream, think, call tools and remember.")
    .version(version)
    .exitOverride()
    .configureOutput({ outputError: () => {} });
  program
    .command("chat")
    .description("talk to the bot: at the terminal, or one message for each line of the input")
    .argument("[prompt]", "one message; it is answered, and that is all (the input is then not read)")
    .option(
      "--model <id>",
      "offline or openai:<model>; default: BESEDA_MODEL, then what OPENAI_* is set for, then offline",
    )
    .option("--thread <id>", "the conversation to go on with (default: “default”)")
    .option("--memory <dir>", "where conversations are kept; default: the user's data folder")
    .addOption(new Option("--reasoning <style>", "how it thinks").choices(["off", "native", "prompted"]))
    .option("--json", "write every stream part as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (prompt, options) => {
      const { chat } = await import("./chat-command.ts");
      exitCode = await chat(prompt, options);
    });
  program
    .command("models")
    .description("list the models that can be named")
    .option("--json", "write them as a JSON array")
    .option("--verbose", "show where an error comes from")
    .action(async (options) => {
      const { models } = await import("./models-command.ts");
      exitCode = await models(options);
    });
  try {
    await program.parseAsync(args, { from: "user" });
    return exitCode;
  } catch (thrown) {
    if (thrown instanceof CommanderError) return endOf(thrown);
    return fail(thrown);
  }
}

/** Help and version come this way too, with exit code 0; help that nobody asked for, with 1. */
function endOf({ code, message, exitCode }: CommanderError): number {
  if (exitCode === 0) return 0;
  if (code !== "commander.help") {
    const problem = message
      .trim()
      .replace(/\s+/g, " ")
      .replace(/[^.)?]$/, "$&.");
    const isUnquoted = code === "commander.excessArguments";
    process.stderr.write(
      `${problem} ${isUnquoted ? "A message of several words has to be in quotes." : "“beseda --help” tells what there is."}\n`,
    );
  }
  return 2;
}

async function fail(thrown: unknown): Promise<number> {
  const { errorLine, exitCodeOf } = await import("./exit.ts");
  process.stderr.write(errorLine(thrown, isVerbose));
  return exitCodeOf(thrown);
}

/** Whatever is still open, such as a tool that does not stop, is left behind; what was written goes out first. */
function leave(exitCode: number): void {
  process.exitCode = exitCode;
  process.stdout.write("", () => process.exit(exitCode));
}

/** Package managers hand on the `--` of `pnpm start -- --model offline`, after which no option would be one. */
function withoutSeparator(args: string[]): string[] {
  return process.env.npm_lifecycle_event !== undefined && args[1] === "--" ? args.toSpliced(1, 1) : args;
}
