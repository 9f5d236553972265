// Operations of every kind, asked after and called off by their id; both with GET.
import type { FakeRoute, FakeState } from "./fake-service.ts";

export function operationRoutes({ operations }: FakeState): FakeRoute[] {
  return [
    {
      method: "GET",
      path: /^\/operations\/([^/:]+)$/,
      errors: "unary",
      quota: "operation",
      answer: ({ match }) => operations.poll(match[1] ?? ""),
    },
    {
      method: "GET",
      path: /^\/operations\/([^/:]+):cancel$/,
      errors: "unary",
      quota: "operation",
      answer: ({ match }) => operations.cancel(match[1] ?? ""),
    },
  ];
}
