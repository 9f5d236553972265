// The doors of the object storage: PUT and GET by presigned address, with the refusals and the XML of S3.
import type { FakeCall, FakeRoute } from "./fake-route.ts";
import type { FakeStorage } from "./storage.ts";

/** Buckets as the service names them. */
export const draftBucket = "ai-fomo-drafts-prod";
export const datasetBucket = "ai-fomo-datasets-prod";

export function storageRoutes(storage: FakeStorage): FakeRoute[] {
  const path = new RegExp(`^/((?:${draftBucket}|${datasetBucket})/.+)$`);
  return (["PUT", "GET"] as const).map((method) => ({
    method,
    path,
    errors: "unary",
    isOpen: true,
    takesBytes: true,
    answer: (call) => answer(storage, method, call),
  }));
}

function answer(storage: FakeStorage, method: "PUT" | "GET", call: FakeCall): undefined {
  const { match, query, headers, bytes, response } = call;
  const key = decodeURIComponent(match[1] ?? "");
  const grant = storage.grantFor(method, key, query);
  // The address says who asks; S3 takes one word for it, not two.
  if (headers.authorization !== undefined) {
    return refuse(call, 400, "InvalidArgument", "Only one auth mechanism allowed");
  }
  if (!grant) return refuse(call, 403, "SignatureDoesNotMatch", "The request signature does not match.");
  if (grant.hasExpired) return refuse(call, 403, "AccessDenied", "Request has expired");
  if (method === "GET") {
    const object = storage.object(key);
    if (!object) return refuse(call, 404, "NoSuchKey", "The specified key does not exist.");
    response.writeHead(200, { "content-type": "application/octet-stream", "content-length": object.length });
    response.end(object);
    return undefined;
  }
  const length = headers["content-length"];
  if (length === undefined) return refuse(call, 411, "MissingContentLength", "You must provide Content-Length.");
  // It is signed with the address.
  if (grant.size !== undefined && Number(length) !== grant.size) {
    return refuse(call, 403, "SignatureDoesNotMatch", "The request signature does not match.");
  }
  response.writeHead(200, { ETag: storage.put(grant, bytes), "content-length": 0 });
  response.end();
  return undefined;
}

function refuse({ match, response }: FakeCall, status: number, code: string, message: string): undefined {
  const resource = `/${match[1] ?? ""}`.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const xml = `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message><Resource>${resource}</Resource><RequestId>${crypto.randomUUID()}</RequestId></Error>`;
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(xml);
  return undefined;
}
