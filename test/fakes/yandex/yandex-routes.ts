// All doors that the fake has over REST, but for those of the object storage.
import { authRoutes } from "./auth-routes.ts";
import { chatRoutes } from "./chat/chat-routes.ts";
import type { FakeRoute, FakeState } from "./fake-service.ts";
import { operationRoutes } from "./operation-routes.ts";
import { classificationRoutes } from "./pictures-and-labels/classification-routes.ts";
import { embeddingRoutes } from "./pictures-and-labels/embedding-routes.ts";
import { imageRoutes } from "./pictures-and-labels/images-routes.ts";
import { responsesRoutes } from "./responses/responses-routes.ts";
import { completionRoutes } from "./text/completion-routes.ts";
import { tokenizerRoutes } from "./text/tokenizer-routes.ts";

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
