import { describe, expect, it } from "vitest";
import { chooseModel, openaiServer, openModel } from "./choose-model.ts";

const noList = () => Promise.reject(new Error("no server was to be asked"));

describe("the model that answers", () => {
  it("is the one that is named, whatever is set", async () => {
    const env = { BESEDA_MODEL: "openai:b", OPENAI_API_KEY: "k" };
    expect(await chooseModel(" offline ", env, noList)).toMatchObject({ id: "offline" });
  });

  it("is otherwise that of BESEDA_MODEL, then one of the server whose variables are set, then the embedded one", async () => {
    expect((await chooseModel(undefined, { BESEDA_MODEL: "openai:b", OPENAI_API_KEY: "k" }, noList)).id).toBe(
      "openai:b",
    );
    expect((await chooseModel(undefined, { BESEDA_MODEL: " ", OPENAI_API_KEY: "k" }, noList)).id).toMatch(
      /^openai:gpt/,
    );
    expect((await chooseModel(undefined, { OPENAI_API_KEY: "", OPENAI_BASE_URL: " " }, noList)).id).toBe("offline");
  });

  it("is that of Yandex AI Studio where only its variables are set, under either name", async () => {
    for (const variable of ["YC_API_KEY", "YANDEX_IAM_TOKEN", "YC_SERVICE_ACCOUNT_KEY_FILE"]) {
      const { id, why } = await chooseModel(undefined, { [variable]: "secret" }, noList);
      expect(id).toBe("yandex:yandexgpt/latest");
      expect(why.join(" ")).toContain(`Chosen because ${variable} is set.`);
      expect(why.join(" ")).not.toContain("secret");
    }
    expect((await chooseModel(undefined, { YC_API_KEY: "k", OPENAI_API_KEY: "k" }, noList)).id).toMatch(/^openai:/);
    expect((await chooseModel(undefined, { YC_API_KEY: " ", YC_FOLDER_ID: "b1g" }, noList)).id).toBe("offline");
  });

  it("is the first that a server of one's own lists", async () => {
    const env = { OPENAI_BASE_URL: "http://localhost:1/v1" };
    const list = async (server: object) => {
      expect(server).toEqual({ baseURL: "http://localhost:1/v1", apiKey: undefined });
      return [{ id: "qwen" }, { id: "llama" }];
    };
    expect((await chooseModel(undefined, env, list)).id).toBe("openai:qwen");
    await expect(chooseModel(undefined, env, async () => [])).rejects.toMatchObject({ code: "missing-setting" });
  });

  it("comes with why it was chosen and how to get another", async () => {
    const why = async (env: Record<string, string>) => (await chooseModel(undefined, env, noList)).why.join(" ");
    expect(await why({})).toMatch(/No key is set.*OPENAI_API_KEY/);
    expect(await why({ OPENAI_API_KEY: "secret" })).toMatch(/OPENAI_API_KEY is set.*--model/);
    expect(await why({ OPENAI_API_KEY: "secret" })).not.toContain("secret");
    expect(await why({ BESEDA_MODEL: "offline" })).toMatch(/BESEDA_MODEL.*beseda models/);
  });

  it("is refused with the ids that there are where the id is none", async () => {
    await expect(chooseModel("", {}, noList)).rejects.toMatchObject({ code: "missing-setting" });
    for (const id of ["gpt", "openai:", "yandex:", "other:x"]) {
      await expect(openModel(id, { delayMs: 0 })).rejects.toMatchObject({
        code: "invalid-argument",
        hint: expect.stringContaining("offline, openai:<model>"),
      });
    }
  });

  it("is of OpenAI unless another server is named", () => {
    expect(openaiServer({ OPENAI_API_KEY: " k\n" })).toEqual({ baseURL: "https://api.openai.com/v1", apiKey: "k" });
    expect(openaiServer({})).toBeUndefined();
  });
});
