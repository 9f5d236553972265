// The port for models that paint.
import type { Operation, OperationCallOptions, Operations } from "./operation.ts";

export type ImageRequest = {
  /** What is to be seen. Parts where some of it matters more; `weight` is relative. */
  prompt: string | readonly { text: string; weight?: number }[];
  /** The same number and prompt give the same picture. */
  seed?: number | undefined;
  /** Width to height, such as `16:9`. */
  aspectRatio?: `${number}:${number}` | undefined;
};

export type GeneratedImage = {
  bytes: Uint8Array;
  /** Such as `image/jpeg`. */
  mediaType: string;
  modelVersion?: string | undefined;
  /** Money by currency, such as `{ RUB: 2.2 }`, where the price is known. */
  cost?: Readonly<Record<string, number>> | undefined;
};

export interface ImageModel {
  readonly provider: string;
  readonly modelId: string;
  /** Waits for the picture. `onProgress` is called with each state of the operation, where the service has operations. */
  generate(
    request: ImageRequest,
    options?: OperationCallOptions & { onProgress?: ((operation: Operation<GeneratedImage>) => void) | undefined },
  ): Promise<GeneratedImage>;
  /** Where the service paints in its own time. */
  readonly operations?: Operations<ImageRequest, GeneratedImage> | undefined;
}
