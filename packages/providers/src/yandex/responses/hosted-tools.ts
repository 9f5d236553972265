// The tools that Yandex AI Studio runs by itself while it answers. The agent never sees their calls, only the answer and its sources.
import { BesedaError } from "@beseda/core";

/** As it goes over the wire. */
export type HostedTool =
  | {
      type: "web_search";
      filters?: { allowed_domains: readonly string[] };
      user_location?: { region: string };
      search_context_size?: "low" | "medium" | "high";
    }
  | { type: "file_search"; vector_store_ids: readonly string[]; max_num_results?: number }
  | { type: "code_interpreter"; container: { type: "auto" } }
  | {
      type: "mcp";
      server_label: string;
      server_url: string;
      headers?: Readonly<Record<string, string>>;
      allowed_tools?: readonly string[];
      require_approval: "never";
    };

export type WebSearchOptions = {
  /** Where it may look, such as `habr.ru`: five at most. Everywhere, if none are named. */
  allowedDomains?: readonly string[] | undefined;
  /** The code of a region of Yandex, such as `213` for Moscow. */
  region?: string | undefined;
  /** How much of what was found the model reads, and is paid for as input. The service takes `medium`. */
  contextSize?: "low" | "medium" | "high" | undefined;
};

/**
 * Looks into the web where the model finds that it has to. Billed by the call.
 * @throws BesedaError `invalid-argument` for more than five domains, or one that is an address
 */
export function webSearch({ allowedDomains = [], region, contextSize }: WebSearchOptions = {}): HostedTool {
  if (allowedDomains.length > 5) {
    throw unfit(`A web search takes five domains at most, not ${allowedDomains.length}.`, "Leave some out.");
  }
  const address = allowedDomains.find((domain) => !/^[^\s/:]+$/.test(domain));
  if (address !== undefined)
    throw unfit(`"${address}" is no domain.`, "Name it without scheme and path, as in habr.ru.");
  return {
    type: "web_search",
    ...(allowedDomains.length > 0 && { filters: { allowed_domains: allowedDomains } }),
    // Where the service's reference has it, and OpenAI; an example in its guide has it inside `filters`: unverified.
    ...(region !== undefined && { user_location: { region } }),
    ...(contextSize !== undefined && { search_context_size: contextSize }),
  };
}

export type FileSearchOptions = {
  /** The search indexes, which are made with the console or the API of vector stores. */
  vectorStoreIds: readonly string[];
  maxResults?: number | undefined;
};

/**
 * Looks into files that were uploaded and indexed before. Billed by the call.
 * @throws BesedaError `invalid-argument` where no index is named
 */
export function fileSearch({ vectorStoreIds, maxResults }: FileSearchOptions): HostedTool {
  if (vectorStoreIds.length === 0)
    throw unfit("A file search has no index to look into.", "Name one in vectorStoreIds.");
  return {
    type: "file_search",
    vector_store_ids: vectorStoreIds,
    ...(maxResults !== undefined && { max_num_results: maxResults }),
  };
}

/** Lets the model write Python and run it. Files that it makes come as sources: their ids are those of `/v1/files`. */
export function codeInterpreter(): HostedTool {
  return { type: "code_interpreter", container: { type: "auto" } };
}

export type HostedMcpOptions = {
  /** By which the model tells servers apart. */
  label: string;
  /** Reached by the service, not from here. */
  url: string;
  /** Sent to it with every call, such as `authorization`. */
  headers?: Readonly<Record<string, string>> | undefined;
  /** All that it has, if none are named. */
  allowedTools?: readonly string[] | undefined;
};

/**
 * The tools of an MCP server, called by the service and without asking anybody. For calls that a person has to approve, give
 * the agent the tools of that server itself. The inner fields are OpenAI's: that the service takes all of them is unverified.
 */
export function hostedMcp({ label, url, headers, allowedTools }: HostedMcpOptions): HostedTool {
  return {
    type: "mcp",
    server_label: label,
    server_url: url,
    ...(headers && { headers }),
    ...(allowedTools && { allowed_tools: allowedTools }),
    require_approval: "never",
  };
}

function unfit(message: string, hint: string): BesedaError {
  return new BesedaError(message, { code: "invalid-argument", hint });
}
