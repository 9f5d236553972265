// All doors that the fake has over REST, but for those of the object storage.
import { authRoutes } from "./auth-routes.ts";
import { chatRoutes } from "./chat-routes.ts";
import { classificationRoutes } from "./classification-routes.ts";
import { completionRoutes } from "./completion-routes.ts";
import { embeddingRoutes } from "./embedding-routes.ts";
import type { FakeRoute, FakeState } from "./fake-service.ts";
import { imageRoutes } from "./images-routes.ts";
import { operationRoutes } from "./operation-routes.ts";
import { responsesRoutes } from "./responses-routes.ts";
import { tokenizerRoutes } from "./tokenizer-routes.ts";

export function yandexRoutes(state: FakeState): FakeRoute[] {
  return [
    ...authRoutes(state.identities),
    ...completionRoutes(state),
    ...operationRoutes(state),
    ...tokenizerRoutes(state),
    ...chatRoutes(state),
    ...responsesRoutes(state),
    ...imageRoutes(state),
    ...classificationRoutes(state),
    ...embeddingRoutes(state),
  ];
}
