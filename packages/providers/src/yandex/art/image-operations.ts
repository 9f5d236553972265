// Pictures that the service paints in its own time: seconds as a rule, hours at worst.
import type { GeneratedImage, ImageRequest, Operations } from "@beseda/core";
import type { YandexConnection } from "../connection/connection.ts";
import { restOperations } from "../connection/rest-operations.ts";
import { imageCost } from "../prices/cost.ts";
import { jpegFrom } from "./jpeg-from.ts";
import { toImageRequest } from "./to-image-request.ts";

export function imageOperations(
  connection: YandexConnection,
  modelUri: string,
): Operations<ImageRequest, GeneratedImage> {
  return restOperations(connection, {
    path: "/foundationModels/v1/imageGenerationAsync",
    quota: "image",
    toBody: (request: ImageRequest) => toImageRequest(request, modelUri),
    read: (response) => toImage(response, imageCost({ prices: connection.prices, modelUri })),
  });
}

function toImage(response: unknown, cost: GeneratedImage["cost"]): GeneratedImage {
  const { image, modelVersion } = (response ?? {}) as { image?: unknown; modelVersion?: unknown };
  return {
    bytes: jpegFrom(image),
    mediaType: "image/jpeg",
    ...(typeof modelVersion === "string" && modelVersion !== "" && { modelVersion }),
    ...(cost && { cost }),
  };
}
