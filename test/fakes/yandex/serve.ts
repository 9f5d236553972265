// `npx tsx test/fakes/yandex/serve.ts`: the fake as a server for people, with the variables that lead programs to it.
import { startYandexServer } from "./yandex-server.ts";

const { settings } = await startYandexServer({ grpc: true });
const { llm, openai, operation, iam, grpc } = settings.endpoints;
console.log(`export YC_API_KEY=${settings.apiKey} YC_FOLDER_ID=${settings.folderId}
export YC_LLM_ENDPOINT=${llm} YC_OPENAI_ENDPOINT=${openai} YC_OPERATION_ENDPOINT=${operation}
export YC_IAM_ENDPOINT=${iam} YC_GRPC_ENDPOINT=${grpc}`);
// For people: what is for the shell stands alone in the output.
console.error(
  `The fake of Yandex AI Studio runs on ${llm}. Paste the lines above into another terminal; Ctrl-C stops it.`,
);
