// ApiEndpointService of the fake: every service is where it was asked, as SDKs want to hear before they ask for anything else.
import { Refusal } from "../fake-service.ts";
import { required } from "./datasets.ts";
import type { Methods } from "./method-call.ts";

/** Their names as the service lists them. */
const ids = ["ai-foundation-models", "ai-files", "ai-assistants", "operation", "iam", "endpoint"];

/** `address` is that of the port with TLS: whoever discovers addresses speaks TLS. */
export function endpointMethods(address: () => string): Methods {
  const service = "yandex.cloud.endpoint.ApiEndpointService";
  return {
    [`${service}/List`]: {
      answer: () => ({ endpoints: ids.map((id) => ({ id, address: address() })), nextPageToken: "" }),
    },
    [`${service}/Get`]: {
      answer: ({ apiEndpointId }) => {
        const id = required(apiEndpointId, "api_endpoint_id");
        if (!ids.includes(id)) throw new Refusal(5, `Endpoint ${id} not found`);
        return { id, address: address() };
      },
    },
  };
}
