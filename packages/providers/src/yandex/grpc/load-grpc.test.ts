import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

/** A process in which none of the three packages is installed. */
const hook = `export async function resolve(specifier, context, next) {
  if (!/^(@grpc\\/grpc-js|protobufjs|hyparquet)$/.test(specifier)) return next(specifier, context);
  throw Object.assign(new Error("Cannot find package"), { code: "ERR_MODULE_NOT_FOUND" });
}`;
const without = `import { register } from "node:module";
register("data:text/javascript,${encodeURIComponent(hook)}");`;

const script = `
  import { yandexConnection } from "@beseda/providers/yandex";
  import { datasetProblems, yandexDatasets } from "@beseda/providers/yandex/grpc";
  const problems = [];
  for await (const { problem } of datasetProblems([{ anchor: "a" }], "TextEmbeddingsPair")) problems.push(problem);
  const connection = yandexConnection({ apiKey: "AQVNof-nobody", folderId: "b1gfolder" });
  const told = await yandexDatasets({ connection }).types().catch(({ code, hint }) => ({ code, hint }));
  console.log(JSON.stringify({ problems, told }));
`;

describe("without the packages of gRPC", () => {
  it("everything can be imported, rows can be checked, and a call tells what to install", async () => {
    const preload = ["--import", "tsx", "--import", `data:text/javascript,${encodeURIComponent(without)}`];
    const { stdout } = await promisify(execFile)(process.execPath, [...preload, "--input-type=module", "-e", script], {
      timeout: 20_000,
    });
    expect(JSON.parse(stdout)).toEqual({
      problems: ["positive is missing"],
      told: {
        code: "unsupported",
        hint: "Install them: npm install @grpc/grpc-js protobufjs (with --global, where the beseda command is installed so).",
      },
    });
  }, 25_000);
});
