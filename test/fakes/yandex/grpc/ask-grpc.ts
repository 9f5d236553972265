// Calls methods of the fake with JSON, for its own tests: by its own protos, which the official SDK has agreed to.
import { ChannelCredentials, Client, type ClientReadableStream, Metadata } from "@grpc/grpc-js";
import type { YandexServer } from "../yandex-server.ts";
import { decode, encode, type Json } from "./proto-json.ts";
import { serviceMethods } from "./service-methods.ts";
import type { YandexGrpc } from "./yandex-grpc.ts";

export type Asked = {
  /** In place of the API key of the account; `null` leaves it out. */
  authorization?: string | null;
  /** Sent as they are, in place of the request. */
  bytes?: Uint8Array;
  secure?: boolean;
  headers?: Record<string, string>;
};

/** `ask("dataset.v1.DatasetService/Create", { … })`: below `yandex.cloud.ai.` or `yandex.cloud.`. Rejects with code and details. */
export function askGrpc({ grpc, account }: YandexServer & { grpc: YandexGrpc }) {
  const clients = {
    plain: new Client(grpc.plain, ChannelCredentials.createInsecure()),
    secure: new Client(grpc.secure, ChannelCredentials.createSsl(Buffer.from(grpc.authority))),
  };
  const prepared = (name: string, { authorization, bytes, secure, headers = {} }: Asked) => {
    const method = [...serviceMethods.values()].flat().find(({ path }) => path.endsWith(`.${name}`));
    if (!method) throw new Error(`There is no ${name}`);
    const metadata = new Metadata();
    if (authorization !== null) metadata.set("authorization", authorization ?? `Api-Key ${account.apiKey}`);
    for (const [header, value] of Object.entries(headers)) metadata.set(header, value);
    return {
      client: clients[secure ? "secure" : "plain"],
      path: method.path,
      write: (json: Json) => Buffer.from(bytes ?? encode(method.request, json)),
      read: (reply: Buffer) => decode(method.response, reply),
      metadata,
    };
  };
  const ask = (name: string, request: Json = {}, asked: Asked = {}): Promise<Json> => {
    const { client, path, write, read, metadata } = prepared(name, asked);
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(path, write, read, request, metadata, (error, reply) =>
        error ? reject(error) : resolve(reply ?? {}),
      );
    });
  };
  return Object.assign(ask, {
    stream(name: string, request: Json, asked: Asked = {}): ClientReadableStream<Json> {
      const { client, path, write, read, metadata } = prepared(name, asked);
      return client.makeServerStreamRequest(path, write, read, request, metadata);
    },
    close() {
      for (const client of Object.values(clients)) client.close();
    },
    /** Asks after the operation so often. */
    async poll(id: unknown, times = 1): Promise<Json> {
      let operation: Json = {};
      for (let poll = 0; poll < times; poll++)
        operation = await ask("operation.OperationService/Get", { operationId: id });
      return operation;
    },
    /** @returns the id of a dataset of these rows, uploaded and found good or bad */
    async dataset(taskType: string, rows: readonly unknown[]): Promise<string> {
      const service = "dataset.v1.DatasetService";
      const { folderId } = account;
      const { datasetId } = await ask(`${service}/Create`, {
        name: "rows",
        folderId,
        taskType,
        uploadFormat: "jsonlines",
      });
      const body = rows.map((row) => (typeof row === "string" ? row : JSON.stringify(row))).join("\n");
      const sizeBytes = Buffer.byteLength(body);
      const { uploadUrl } = await ask(`${service}/GetUploadDraftUrl`, { datasetId, sizeBytes });
      await fetch(String(uploadUrl), { method: "PUT", body });
      const { id } = await ask(`${service}/Validate`, { datasetId });
      await this.poll(id, 3);
      return String(datasetId);
    },
  });
}

export const generationRows = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    request: [{ role: "user", text: `Question ${index}` }],
    response: `Answer ${index}`,
  }));
