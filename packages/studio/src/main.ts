#!/usr/bin/env node
// The `beseda` command: what it can be asked, and how it ends. What it does is loaded when it is asked for.
import { readFileSync } from "node:fs";
import { Command, CommanderError, Option } from "commander";
import { addJobCommands, collected, filled } from "./jobs-arguments.ts";

const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const isVerbose = process.argv.includes("--verbose");

// A reader that goes away is no accident; who has something to lose by it listens too. leave() tells of a full disk.
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
      "offline, openai:<model> or yandex:<model>; default: BESEDA_MODEL, then what OPENAI_* or YC_* is set for, then offline",
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
  program
    .command("image")
    .description("paint a picture with Yandex AI Studio")
    .argument("<prompt>", "what is to be seen; at most 500 characters")
    .requiredOption("-o, --output <file>", "the file for it, such as fox.jpg")
    .option("--seed <number>", "the same number and prompt give the same picture")
    .option("--aspect <w:h>", "width to height, such as 16:9 (default: 1:1)")
    .option("--model <model>", "default: yandex-art/latest")
    .option("--force", "write over a file that is there")
    .option("--json", "write what came of it as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (prompt, options) => {
      const { image } = await import("./image-command.ts");
      exitCode = await image(prompt, options);
    });
  program
    .command("classify")
    .description("tell which label a text deserves, with Yandex AI Studio")
    .argument("[text]", "default: the input")
    .option("--labels <a,b,c>", "two to twenty; a tuned model needs none")
    .option("--task <text>", "what is to be told apart")
    .option("--sample <text=label>", "a text whose label is known; may be given again and again", collected)
    .option("--model <model>", "default: yandexgpt-lite/latest")
    .option("--json", "write the answer as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (text, options) => {
      const { classify } = await import("./classify-command.ts");
      exitCode = await classify(text, options);
    });
  program
    .command("tokens")
    .description("count the tokens of a text, as a model of Yandex AI Studio does")
    .argument("[text]", "default: the input")
    .option("--model <model>", "default: yandexgpt/latest")
    .option("--json", "write them as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (text, options) => {
      const { tokens } = await import("./tokens-command.ts");
      exitCode = await tokens(text, options);
    });
  const dataset = program
    .command("dataset")
    .description("look into datasets and convert them; keep them at Yandex AI Studio");
  const ofDatasets = (name: string, about: string) =>
    dataset
      .command(name)
      .description(about)
      .option("--json", "write what came of it as a line of JSON")
      .option("--verbose", "show where an error comes from");
  const datasetCommand = () => import("./dataset-command.ts");
  const fileCommand = () => import("./dataset-file-command.ts");
  ofDatasets("list", "list them").action(async (options) => {
    exitCode = await (await datasetCommand()).list(options);
  });
  ofDatasets("create", "make one from a file of JSON lines: checked, uploaded, validated; goes on where it was stopped")
    .argument("<file>", "one JSON object a line, UTF-8")
    .requiredOption("--type <type>", "what its rows are, such as TextToTextGeneration")
    .option("--name <name>", "default: that of the file, in Latin letters")
    .option("--description <text>")
    .option("--keep", "leave it there when something fails, to be looked at")
    .action(async (file, options) => {
      exitCode = await (await datasetCommand()).create(file, options);
    });
  ofDatasets("show", "tell what one is and how it stands")
    .argument("<id>", "such as fds…", filled)
    .action(async (id, options) => {
      exitCode = await (await datasetCommand()).show(id, options);
    });
  ofDatasets("preview", "show the first rows of a file, or of one at the service")
    .argument("<file>", "JSON lines, CSV or Parquet; or an id, such as fds…", filled)
    .option("--rows <number>", "of a file: how many (default: 10)")
    .action(async (file, options) => {
      const { isFile, preview } = await fileCommand();
      exitCode = await ((await isFile(file)) ? preview : (await datasetCommand()).preview)(file, options);
    });
  ofDatasets("validate", "have the service look through the rows of one")
    .argument("<id>", "such as fds…", filled)
    .action(async (id, options) => {
      exitCode = await (await datasetCommand()).validate(id, options);
    });
  ofDatasets("download", "fetch one as Parquet files")
    .argument("<id>", "such as fds…", filled)
    .requiredOption("-o, --output <dir>", "the folder for them")
    .action(async (id, options) => {
      exitCode = await (await datasetCommand()).download(id, options);
    });
  ofDatasets("delete", "delete one")
    .argument("<id>", "such as fds…", filled)
    .action(async (id, options) => {
      exitCode = await (await datasetCommand()).remove(id, options);
    });
  ofDatasets("check", "tell every row of a file that is wrong, without sending it")
    .argument("<file>", "JSON lines, CSV or Parquet", filled)
    .option(
      "--type <type>",
      "what the service wants of its rows, such as TextToTextGeneration; default: what a model can be asked",
    )
    .action(async (file, options) => {
      exitCode = await (await fileCommand()).check(file, options);
    });
  ofDatasets("convert", "write a file anew in the format that the name of the other one says")
    .argument("<in>", "JSON lines, CSV or Parquet", filled)
    .argument("<out>", "the file for it, such as rows.parquet", filled)
    .option("--overwrite", "write over a file that is there")
    .option("--skip-bad", "leave out rows that cannot be read")
    .action(async (input, output, options) => {
      exitCode = await (await fileCommand()).convert(input, output, options);
    });
  const tuneCommand = () => import("./tune-command.ts");
  const tune = program
    .command("tune")
    .description(
      "teach a model of Yandex AI Studio from a dataset, or ask after it; the same command again finds what it has begun, another --name begins a new one",
    )
    .argument("[dataset]", "its id, such as fds…")
    .option("--model <model>", "the model that is taught, such as yandexgpt-lite")
    .option("--name <name>", "3 to 100 Latin letters, digits, spaces, _ and -")
    .option("--validation <dataset>", "another dataset, which it is tried on")
    .option("--params <json>", "how it learns, such as a learning rate")
    .option("--wait", "wait until it is done, which takes hours")
    .option("--json", "write what came of it as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (datasetId, options) => {
      exitCode = await (await tuneCommand()).tune(datasetId, options);
    });
  // What stands behind the name of one of these is read as an option of `tune`.
  tune
    .command("status")
    .description("tell how one stands")
    .argument("<id>", "such as ftn…", filled)
    .action(async (id) => {
      exitCode = await (await tuneCommand()).status(id, tune.opts());
    });
  tune
    .command("list")
    .description("list them")
    .action(async () => {
      exitCode = await (await tuneCommand()).list(tune.opts());
    });
  tune
    .command("cancel")
    .description("call one off")
    .argument("<id>", "such as ftn…", filled)
    .action(async (id) => {
      exitCode = await (await tuneCommand()).cancel(id, tune.opts());
    });
  addJobCommands(program, (code) => {
    exitCode = code;
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
    const isUnquoted = code === "commander.excessArguments" && /'(chat|image|classify|tokens)'/.test(message);
    process.stderr.write(
      `${problem} ${isUnquoted ? "A text of several words has to be in quotes." : "“beseda --help” tells what there is."}\n`,
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
  process.stdout.write("", () => {
    const { errored } = process.stdout;
    const isLost = exitCode === 0 && errored !== null && !("code" in errored && errored.code === "EPIPE");
    if (isLost) process.stderr.write(`error: The output cannot be written: ${errored.message}.\n`);
    process.exit(isLost ? 1 : exitCode);
  });
}

/** Package managers hand on the `--` of `pnpm start -- --model offline`, after which no option would be one. */
function withoutSeparator(args: string[]): string[] {
  return process.env.npm_lifecycle_event !== undefined && args[1] === "--" ? args.toSpliced(1, 1) : args;
}
