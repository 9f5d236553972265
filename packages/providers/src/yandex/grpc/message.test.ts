import { describe, expect, it } from "vitest";
import { loadGrpc } from "./load-grpc.ts";
import { unpack } from "./message.ts";
import { fromTimestamp } from "./plain-message.ts";

describe("what the service says", () => {
  it("is no reason to fail where it cannot be read: it may tell of what is paid for", async () => {
    const { root } = await loadGrpc();
    const type = "type.googleapis.com/yandex.cloud.ai.foundation_models.v1.BatchCompletionMetadata";
    const value = Buffer.from([0x0a, 0xff]);
    expect(unpack(root, { type_url: type, value })).toEqual({ "@type": type, value: "Cv8=" });
    expect(fromTimestamp({ seconds: 9e15, nanos: 0 })).toBeUndefined();
    expect(fromTimestamp({ seconds: 0, nanos: 5_000_000 })).toBe("1970-01-01T00:00:00.005Z");
  });
});
