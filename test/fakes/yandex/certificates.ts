// FOR TESTS ONLY: a certificate authority that nobody should ever trust, and what it signed for localhost and 127.0.0.1.
// Made once with openssl, valid from 2024 to 2124. The key of the authority was thrown away: it can sign nothing more.

/** What a client of the fakes has to trust: the root certificate, PEM. */
export const testAuthority = `-----BEGIN CERTIFICATE-----
MIIBkDCCATegAwIBAgIBATAKBggqhkjOPQQDAjAvMS0wKwYDVQQDDCRCZXNlZGEg
dGVzdCBDQSAtIG5ldmVyIHRvIGJlIHRydXN0ZWQwIBcNMjQwMTAxMDAwMDAwWhgP
MjEyNDAxMDEwMDAwMDBaMC8xLTArBgNVBAMMJEJlc2VkYSB0ZXN0IENBIC0gbmV2
ZXIgdG8gYmUgdHJ1c3RlZDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABHclfde7
MJOXudHWdpYcL0xKAqhb2ALfBgVXUvEPgDAjNeQLNGidzN1kxeHKeDXguAqWWG8w
Ofoz4dr5Ohk9ZOyjQjBAMA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0PAQH/BAQDAgEG
MB0GA1UdDgQWBBSyDE7f5x0Sg0HZ3DHGnFOSGngnqjAKBggqhkjOPQQDAgNHADBE
AiAXG4G8lgT2LQwis4x3ZmptGCezgL4lT6bYDvFEDk1uXAIgJu5wFza/+IdvnohD
SXpu36dxV5WfSnHRJpDhNClPW20=
-----END CERTIFICATE-----
`;

/** What a server of the fakes shows: certificate and key, PEM. The key is public, as everything in a repository is. */
export const testServerCertificate = {
  cert: `-----BEGIN CERTIFICATE-----
MIIBwDCCAWegAwIBAgIBAjAKBggqhkjOPQQDAjAvMS0wKwYDVQQDDCRCZXNlZGEg
dGVzdCBDQSAtIG5ldmVyIHRvIGJlIHRydXN0ZWQwIBcNMjQwMTAxMDAwMDAwWhgP
MjEyNDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMGByqGSM49
AgEGCCqGSM49AwEHA0IABNsGDH5yoQ5icrAgcmc4GbLlR/bS68+kNxRT0QFEPiaU
zt9vus3u1fr4A3WJVTYN6aJpkBPp7BPCgPtnq7dRY3CjgYwwgYkwGgYDVR0RBBMw
EYIJbG9jYWxob3N0hwR/AAABMAkGA1UdEwQCMAAwCwYDVR0PBAQDAgeAMBMGA1Ud
JQQMMAoGCCsGAQUFBwMBMB0GA1UdDgQWBBRK7pKvgsXb1TmBWcLehx6WboGVqDAf
BgNVHSMEGDAWgBSyDE7f5x0Sg0HZ3DHGnFOSGngnqjAKBggqhkjOPQQDAgNHADBE
AiBXYjNzILzwnxBG2Qcho9hmF1Zcd8lNwEzsH1JQ7uxW0gIgFzYSSju6dTR2EL22
dEmyHX7fcGG6M2eG2Y9ykLnIm0A=
-----END CERTIFICATE-----
`,
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQg75HOGbMgOsA2ZNmo
7nljvgYAmC/gYs0CSXikLgf3AsShRANCAATbBgx+cqEOYnKwIHJnOBmy5Uf20uvP
pDcUU9EBRD4mlM7fb7rN7tX6+AN1iVU2DemiaZAT6ewTwoD7Z6u3UWNw
-----END PRIVATE KEY-----
`,
};
