// What a URL chosen by a model or a user may reach: which addresses, which ports, which redirects.
import { lookup as dnsLookup } from "node:dns/promises";
import { isIP, type LookupFunction } from "node:net";
import type { buildConnector } from "undici";
import { BesedaError } from "../errors.ts";

export type ResolvedAddress = { address: string; family: number };

export type AddressRules = {
  /** Whether this IP address, a literal or one that the host name resolved to, may be connected to. */
  allowAddress(ip: string, hostname: string): boolean;
  /** Every address of a host name. Default: the system's resolver. */
  lookup?: ((hostname: string) => Promise<readonly ResolvedAddress[]>) | undefined;
};

/** @throws BesedaError `invalid-argument` for what is not an http(s) URL on one of the ports, or carries credentials. */
export function checkedUrl(text: string, ports: readonly number[], base?: URL): URL {
  if (!URL.canParse(text, base?.href)) {
    throw refusal("This is not a URL.", "Write a whole address, such as https://example.com/page.");
  }
  const url = new URL(text, base);
  if (url.protocol !== "http:" && url.protocol !== "https:") {
    throw refusal(`${url.protocol} addresses cannot be read.`, "Only http: and https: can.");
  }
  if (url.username || url.password) {
    throw refusal("The URL carries a user name or a password.", "Give it without them.");
  }
  const port = url.port ? Number(url.port) : url.protocol === "https:" ? 443 : 80;
  if (!ports.includes(port)) {
    throw refusal(`Port ${port} is not allowed.`, `Allowed are: ${ports.join(", ")}.`);
  }
  url.hash = "";
  return url;
}

/** Where a redirect leads, held to the same rules; never from https to http. */
export function redirectTarget(from: URL, location: string, ports: readonly number[]): URL {
  const target = checkedUrl(location, ports, from);
  if (from.protocol === "https:" && target.protocol === "http:") {
    throw refusal(`${from.host} redirects from https to http.`, "That is not followed; try another page.");
  }
  return target;
}

/**
 * Connects only to addresses that the rule allows. A host name is resolved once, all its addresses are checked, and
 * the connection goes to those: there is no second look-up that could answer differently. An IP literal never meets
 * `lookup`, so it is checked by itself.
 */
export function guardedConnector(build: typeof buildConnector, rules: AddressRules): buildConnector.connector {
  const connect = build({ lookup: guardedLookup(rules) });
  return (target, callback) => {
    const { hostname } = target;
    if (isIP(hostname) && !rules.allowAddress(hostname, hostname)) callback(privateAddress(hostname), null);
    else connect(target, callback);
  };
}

function guardedLookup({ allowAddress, lookup = systemLookup }: AddressRules): LookupFunction {
  const allowedAddresses = async (hostname: string): Promise<ResolvedAddress[]> => {
    const addresses = [...(await lookup(hostname))];
    if (addresses.length === 0) throw new BesedaError(`${hostname} has no address.`, { code: "not-found" });
    // One private address among public ones is refused as well: which one is taken would be chance.
    if (!addresses.every(({ address }) => isIP(address) && allowAddress(address, hostname))) {
      throw privateAddress(hostname);
    }
    return addresses;
  };
  return (hostname, { all }, callback) => {
    allowedAddresses(hostname).then(
      (addresses) => {
        const [first] = addresses;
        if (all || !first) callback(null, addresses);
        else callback(null, first.address, first.family);
      },
      (error) => callback(error, []),
    );
  };
}

function systemLookup(hostname: string): Promise<ResolvedAddress[]> {
  return dnsLookup(hostname, { all: true });
}

function privateAddress(hostname: string): BesedaError {
  return refusal(`${hostname} is not a public address.`, "Only pages of the public internet can be read.");
}

function refusal(problem: string, hint: string): BesedaError {
  return new BesedaError(problem, { code: "invalid-argument", hint });
}
