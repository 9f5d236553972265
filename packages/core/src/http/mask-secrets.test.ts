import { describe, expect, it } from "vitest";
import { BesedaError } from "../errors.ts";
import { maskSecrets } from "./mask-secrets.ts";

const secret = "AQVNsecret-of-an-account";
const told = (message: string) => maskSecrets(new BesedaError(message, { code: "rejected", hint: message }), [secret]);

describe("an error in which a secret stands", () => {
  it("has stars in its place, in the message and in the hint", () => {
    const { message, hint } = told(`key ${secret} (${secret})`);
    expect([message, hint]).toEqual(["key *** (***)", "key *** (***)"]);
  });

  it("has them in place of its beginning, too, where the text was cut in the middle of it", () => {
    for (let length = 4; length < secret.length; length++) {
      expect(told(`You sent ${secret.slice(0, length)}… and more…`).message).toBe("You sent ***… and more…");
    }
  });

  it("is the very same where there is none", () => {
    const error = new BesedaError("All is well… AQV…", { code: "rejected" });
    expect(maskSecrets(error, [secret])).toBe(error);
  });
});
