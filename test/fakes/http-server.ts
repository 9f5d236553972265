// A server on a free port of this machine, for the fakes of platforms.
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

export type HttpServer = { url: string; close(): Promise<void> };

export async function startHttpServer(
  answer: (request: IncomingMessage, body: string, response: ServerResponse) => void,
): Promise<HttpServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    answer(request, Buffer.concat(chunks).toString(), response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The server has no port.");
  return {
    url: `http://127.0.0.1:${address.port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
