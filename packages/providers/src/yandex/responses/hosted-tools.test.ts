import { describe, expect, it } from "vitest";
import { codeInterpreter, fileSearch, hostedMcp, webSearch } from "./hosted-tools.ts";

describe("a hosted tool", () => {
  it("goes over the wire as the service documents it", () => {
    expect(webSearch()).toEqual({ type: "web_search" });
    expect(webSearch({ allowedDomains: ["habr.ru"], region: "213", contextSize: "low" })).toEqual({
      type: "web_search",
      filters: { allowed_domains: ["habr.ru"] },
      user_location: { region: "213" },
      search_context_size: "low",
    });
    expect(fileSearch({ vectorStoreIds: ["fvt1"], maxResults: 3 })).toEqual({
      type: "file_search",
      vector_store_ids: ["fvt1"],
      max_num_results: 3,
    });
    expect(codeInterpreter()).toEqual({ type: "code_interpreter", container: { type: "auto" } });
    expect(hostedMcp({ label: "crm", url: "https://crm.example/mcp", allowedTools: ["find"] })).toEqual({
      type: "mcp",
      server_label: "crm",
      server_url: "https://crm.example/mcp",
      allowed_tools: ["find"],
      require_approval: "never",
    });
  });

  it("that the service would refuse is refused when it is made", () => {
    const wrong = [
      () => webSearch({ allowedDomains: ["a.ru", "b.ru", "c.ru", "d.ru", "e.ru", "f.ru"] }),
      () => webSearch({ allowedDomains: ["https://habr.ru/all"] }),
      () => fileSearch({ vectorStoreIds: [] }),
    ];
    for (const make of wrong) expect(make).toThrow(expect.objectContaining({ code: "invalid-argument" }));
  });
});
