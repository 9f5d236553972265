import { expect, it } from "vitest";
import { isPublicAddress } from "./public-address.ts";

it.each(["1.1.1.1", "8.8.8.8", "77.88.55.88", "172.32.0.1", "2606:4700:4700::1111", "2a02:6b8::feed:ff"])(
  "%s is public",
  (ip) => {
    expect(isPublicAddress(ip)).toBe(true);
  },
);

it.each([
  ..."0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.100.100.200 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1".split(
    " ",
  ),
  ..."172.31.255.255 192.0.0.192 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.51.100.1 203.0.113.1 224.0.0.1".split(
    " ",
  ),
  ..."240.0.0.1 255.255.255.255 168.63.129.16 :: ::1 ::127.0.0.1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8".split(" "),
  ..."::ffff:0:127.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2002:7f00:1::".split(
    " ",
  ),
  ..."3fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fd20:ce::254 fe80::1 fe80::1%eth0 fec0::1 ff02::1".split(" "),
  ..."localhost example.com [::1] 1.2.3.4.5".split(" "),
  "",
])("%s is not public", (ip) => {
  expect(isPublicAddress(ip)).toBe(false);
});
