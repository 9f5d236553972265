// Which models a server has: GET /models.
import { requestJson } from "@beseda/core/http";
import { endpoint, type ServerOptions, toServer } from "./server-address.ts";

export type ListedModel = { id: string; ownedBy?: string };

/** In the order of the server. Throws what `openaiCompatible` would throw. */
export async function listModels(options: ServerOptions & { signal?: AbortSignal }): Promise<ListedModel[]> {
  const server = toServer(options);
  const body = await requestJson({ url: endpoint(server, "models"), headers: server.headers, signal: options.signal });
  return listedModels(body);
}

/** What GET /models answered. */
export function listedModels(body: unknown): ListedModel[] {
  return entriesOf(body).map(({ id, owned_by }) => ({ id, ...(owned_by && { ownedBy: owned_by }) }));
}

/** `data` is null where an empty Ollama lists its models; some leave the envelope out. */
function entriesOf(body: unknown): { id: string; owned_by?: string }[] {
  const list = Array.isArray(body) ? body : (body as { data?: unknown } | null)?.data;
  return Array.isArray(list) ? list.filter((entry) => typeof entry?.id === "string") : [];
}
