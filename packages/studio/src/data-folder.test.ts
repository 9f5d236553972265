import { describe, expect, it } from "vitest";
import { dataFolder } from "./data-folder.ts";

describe("the folder of the conversations", () => {
  const linux = { home: "/people/ann", platform: "linux" };

  it("is the same wherever the command is started", () => {
    expect(dataFolder({}, linux)).toBe("/people/ann/.local/share/beseda");
    expect(dataFolder({ XDG_DATA_HOME: "/data" }, linux)).toBe("/data/beseda");
    expect(dataFolder({ XDG_DATA_HOME: "relative" }, linux)).toBe("/people/ann/.local/share/beseda");
  });
});
