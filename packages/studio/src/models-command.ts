// `beseda models`: which models can be named.
import type { ServerOptions } from "@beseda/providers/openai-compatible";
import { type Environment, openaiServer, yandexVariable } from "./choose-model.ts";
import { writeJson, writeLines } from "./write-lines.ts";

type Listed = { id: string; about: string };

/**
 * Writes the embedded model first, so that it is there even where a service is not. Resolves to the exit code.
 * @throws BesedaError where a service cannot be asked, after that
 */
export async function models(options: { json?: boolean }, env: Environment = process.env): Promise<number> {
  const services = [openaiModels(env), yandexVariable(env) ? yandexModels() : undefined].filter(
    (service) => service !== undefined,
  );
  const asked = await Promise.allSettled(services);
  const listed: Listed[] = [
    { id: "offline", about: "embedded; answers by rules, needs no key and no network" },
    ...asked.flatMap((each) => (each.status === "fulfilled" ? each.value : [])),
  ];
  if (options.json) writeJson(listed);
  else writeLines(asTable(listed));
  const failure = asked.find((each) => each.status === "rejected");
  if (failure) throw failure.reason;
  if (services.length === 0 && !options.json) {
    process.stderr.write(
      "Set OPENAI_API_KEY, OPENAI_BASE_URL for a server of your own, or YC_API_KEY and YC_FOLDER_ID, to see their models too.\n",
    );
  }
  return 0;
}

function openaiModels(env: Environment): Promise<Listed[]> | undefined {
  const server = openaiServer(env);
  return server && modelsOf(server);
}

async function modelsOf(server: ServerOptions): Promise<Listed[]> {
  const { listModels } = await import("@beseda/providers/openai-compatible");
  const about = `on ${new URL(server.baseURL).host}`;
  return (await listModels(server)).map(({ id }) => ({ id: `openai:${id}`, about }));
}

/** Those that can be talked to; the service lists embeddings too. */
async function yandexModels(): Promise<Listed[]> {
  const { yandex, yandexFromEnv } = await import("@beseda/providers/yandex");
  const connection = yandexFromEnv();
  const about = `on ${new URL(connection.endpoints.openai).host}`;
  const own = `gpt://${connection.folderId}/`;
  const ids = (await yandex.models({ connection })).map(({ id }) => id).filter((id) => id.startsWith("gpt://"));
  return ids.map((id) => ({ id: `yandex:${id.startsWith(own) ? id.slice(own.length) : id}`, about }));
}

function asTable(listed: readonly Listed[]): string[] {
  const width = Math.max(...listed.map(({ id }) => id.length));
  return listed.map(({ id, about }) => `${id.padEnd(width)}  ${about}`);
}
