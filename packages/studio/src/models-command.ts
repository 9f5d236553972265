// `beseda models`: which models can be named.
import { type Environment, openaiServer } from "./choose-model.ts";

type Listed = { id: string; about: string };

/**
 * Writes the embedded model first, so that it is there even where the server is not. Resolves to the exit code.
 * @throws BesedaError where the server cannot be asked, after that
 */
export async function models(options: { json?: boolean }, env: Environment = process.env): Promise<number> {
  const listed: Listed[] = [{ id: "offline", about: "embedded; answers by rules, needs no key and no network" }];
  const server = openaiServer(env);
  let failure: { thrown: unknown } | undefined;
  if (server) {
    try {
      const { listModels } = await import("@beseda/providers/openai-compatible");
      const about = `on ${new URL(server.baseURL).host}`;
      for (const { id } of await listModels(server)) listed.push({ id: `openai:${id}`, about });
    } catch (thrown) {
      failure = { thrown };
    }
  }
  process.stdout.write(options.json ? `${JSON.stringify(listed)}\n` : asTable(listed));
  if (failure) throw failure.thrown;
  if (!server && !options.json) {
    process.stderr.write("Set OPENAI_API_KEY, or OPENAI_BASE_URL for a server of your own, to see its models too.\n");
  }
  return 0;
}

function asTable(listed: readonly Listed[]): string {
  const width = Math.max(...listed.map(({ id }) => id.length));
  return listed.map(({ id, about }) => `${id.padEnd(width)}  ${about}\n`).join("");
}
