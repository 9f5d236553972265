// By which the fake of Yandex AI Studio says no, and the shapes that its doors give to it.

/** gRPC code to HTTP status. */
export const httpStatus = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401,
} as const;

export type GrpcCode = keyof typeof httpStatus;

/**
 * Whose shape an error has: `streaming` is that of the server-streaming completion (a), `unary` that of all other native
 * methods (b), `general` the one that the service's documentation describes (c), `openai` that of `/v1` (d).
 */
export type ErrorShape = "streaming" | "unary" | "general" | "openai";

/** Thrown by a route; the server puts it into the shape that its kind of endpoint has. */
export class Refusal extends Error {
  readonly status: number;
  readonly grpcCode: GrpcCode;
  /** Where it is not that of the door. */
  readonly shape: ErrorShape | undefined;

  constructor(grpcCode: GrpcCode, message: string, shape?: ErrorShape) {
    super(message);
    this.grpcCode = grpcCode;
    this.shape = shape;
    this.status = httpStatus[grpcCode];
  }
}

/** The body of an error. */
export function errorBody({ grpcCode, status, message }: Refusal, shape: ErrorShape): Record<string, unknown> {
  switch (shape) {
    case "streaming":
      return { error: { grpcCode, httpCode: status, message, httpStatus: statusText[grpcCode], details: [] } };
    case "unary":
      return { error: message, code: grpcCode, message, details: [] };
    case "general": {
      const request = { "@type": "type.googleapis.com/google.rpc.RequestInfo", requestId: crypto.randomUUID() };
      return { code: grpcCode, message, details: [request] };
    }
    case "openai":
      return { error: { message, type: openaiTypes[grpcCode] ?? "invalid_request_error", param: null, code: null } };
  }
}

const statusText: Record<GrpcCode, string> = {
  1: "Client Closed Request",
  2: "Internal Server Error",
  3: "Bad Request",
  4: "Gateway Timeout",
  5: "Not Found",
  6: "Conflict",
  7: "Forbidden",
  8: "Too Many Requests",
  9: "Bad Request",
  10: "Conflict",
  11: "Bad Request",
  12: "Not Implemented",
  13: "Internal Server Error",
  14: "Service Unavailable",
  15: "Internal Server Error",
  16: "Unauthorized",
};

const openaiTypes: Partial<Record<GrpcCode, string>> = {
  7: "permission_error",
  8: "rate_limit_error",
  13: "server_error",
  14: "server_error",
  16: "authentication_error",
};
