// What `beseda batch`, `beseda operation` and `beseda worker` can be asked. What they do is loaded when they are asked.
import { type Command, InvalidArgumentError, Option } from "commander";

const jobsFolder = "the folder of the jobs; default: jobs, in the user's data folder";

/** `end` is told the exit code. */
export function addJobCommands(program: Command, end: (exitCode: number) => void): void {
  program
    .command("batch")
    .description("answer every row of a dataset, with a model or an agent; the result is a Parquet file")
    .argument("<input>", "JSONL, CSV or Parquet, with a column prompt, messages, request or text", filled)
    .requiredOption("-o, --output <file>", "the file that comes of it, such as answers.parquet")
    .option("--model <id>", "offline, openai:<model> or yandex:<model>; default: as in chat")
    .option("--instructions <text>", "what the model is told before each row")
    .option("--agent <file>", "a module that exports an agent, in place of a model: its tools and instructions count")
    .option("--concurrency <n>", "how many rows at once (default: 16)", wholeNumber)
    .option("--requests-per-minute <n>", "send the model no more requests in any minute", wholeNumber)
    .option("--tokens-per-minute <n>", "the same for tokens, read and written, as far as they are known", wholeNumber)
    .addOption(
      new Option("--calls <way>", "how the model is asked; default: in batches where its service takes them").choices([
        "sync",
        "async",
        "batch",
      ]),
    )
    .option("--max-cost <amount>", "begin no more rows once so much is spent, such as 500RUB")
    .option("--max-tokens <n>", "begin no more rows once so many tokens are used", wholeNumber)
    .option("--resume", "go on with the batch of this output where it was left, or begin it")
    .option("--overwrite", "replace an output that is there")
    .option("--skip-bad", "leave out rows that cannot be asked, instead of refusing the dataset")
    .option("--yes", "ask nothing before it begins")
    .option("--jobs <dir>", jobsFolder)
    .option("--json", "write what came of it as a line of JSON")
    .option("--verbose", "show where an error comes from")
    .action(async (input, options) => {
      const { batch } = await import("./batch-command.ts");
      end(await batch(input, options));
    });
  addOperationCommands(program, end);
  program
    .command("worker")
    .description("work on the jobs of agents until it is stopped")
    .requiredOption("--agent <file>", "a module that exports an agent; may be given again and again", collected)
    .option("--jobs <dir>", jobsFolder)
    .option("--redis [url]", "take jobs from BullMQ on Redis in place of a folder; default: REDIS_URL")
    .option("--postgres [url]", "the same on Postgres; default: DATABASE_URL")
    .option("--files <dir>", "with these: the directory that all workers share")
    .option("--s3 [bucket]", "with these, in place of a directory; default: BESEDA_S3_BUCKET, with the keys of AWS_*")
    .option("--queue <name>", "take jobs of this queue (default: “default”)", filled)
    .option("--concurrency <n>", "how many runs at once (default: 10)", wholeNumber)
    .option("--verbose", "show where an error comes from")
    .addHelpText("after", "\nBESEDA_WEBHOOK_SECRET signs webhooks; without it they are left to workers that have it.")
    .action(async (options) => {
      const { worker } = await import("./worker-command.ts");
      end(await worker(options));
    });
}

function addOperationCommands(program: Command, end: (exitCode: number) => void): void {
  const operation = program.command("operation").description("ask after runs and batches that were begun");
  const loaded = () => import("./operation-command.ts");
  const ofOperations = (name: string, about: string) =>
    operation
      .command(name)
      .description(about)
      .option("--jobs <dir>", jobsFolder)
      .option("--json", "write what came of it as a line of JSON")
      .option("--verbose", "show where an error comes from");
  ofOperations("list", "list them, the latest first")
    .addOption(new Option("--state <state>", "those in this state").choices(["queued", "running", "waiting", "done"]))
    .option("--thread <id>", "those of this conversation")
    .option("--limit <n>", "the most that are listed (default: 100)", wholeNumber)
    .action(async (options) => end(await (await loaded()).list(options)));
  ofOperations("get", "tell how one stands and what came of it")
    .argument("<id>", undefined, filled)
    .action(async (id, options) => end(await (await loaded()).get(id, options)));
  ofOperations("wait", "wait until one is done, or waits for somebody")
    .argument("<id>", undefined, filled)
    .action(async (id, options) => end(await (await loaded()).wait(id, options)));
  ofOperations("events", "tell what has happened in one and what happens, to its end; with --json a part on each line")
    .argument("<id>", undefined, filled)
    .action(async (id, options) => end(await (await loaded()).events(id, options)));
  ofOperations("approve", "agree to the calls that one waits with")
    .argument("<id>", undefined, filled)
    .argument("[calls...]", "default: all of them")
    .option("--deny", "do not agree")
    .option("--reason <text>", "why not, for the model")
    .action(async (id, calls, options) => end(await (await loaded()).approve(id, calls, options)));
  ofOperations("cancel", "call one off")
    .argument("<id>", undefined, filled)
    .action(async (id, options) => end(await (await loaded()).cancel(id, options)));
  ofOperations("delete", "forget one that is done")
    .argument("<id>", undefined, filled)
    .action(async (id, options) => end(await (await loaded()).remove(id, options)));
}

/** An option that is given several times. */
export function collected(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** A name that a script has left empty is told before anything is done. */
export function filled(name: string): string {
  if (name.trim() !== "") return name;
  throw new InvalidArgumentError("It is empty.");
}

function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && Number.isSafeInteger(number)) return number;
  throw new InvalidArgumentError("It has to be a whole number from 1.");
}
