// The ids of operations and of replies in the background, before they become a part of an address.
import { BesedaError } from "@beseda/core";

/**
 * In an address `..` is a step up, and nothing at all is another path.
 * @throws BesedaError `invalid-argument` for what can be no id
 */
export function checkedOperationId(id: string): string {
  if (typeof id === "string" && /^[\w-]+$/.test(id)) return id;
  throw new BesedaError("That cannot be the id of an operation.", {
    code: "invalid-argument",
    hint: "Give the id that submit() gave, such as d7q….",
  });
}
