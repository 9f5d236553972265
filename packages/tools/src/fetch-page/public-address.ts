// Which IP addresses belong to the public internet; everything else is somebody's own network.
import ipaddr from "ipaddr.js";

/** For an IP literal, IPv4 or IPv6, without brackets. False for anything else as well. */
export function isPublicAddress(ip: string): boolean {
  if (!ipaddr.isValid(ip)) return false;
  const address = ipaddr.parse(ip);
  if (address.range() !== "unicast") return false;
  // Azure's host service answers every virtual machine at a public address.
  if (address.kind() === "ipv4") return address.toString() !== "168.63.129.16";
  // The only block that is given out (RFC 4291, IANA); ipaddr.js calls unassigned ones unicast, such as ::127.0.0.1.
  return (address.toByteArray()[0] ?? 0) >> 5 === 0b001;
}
