import { once } from "node:events";
import { createServer, type IncomingHttpHeaders, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { Agent } from "@beseda/core";
import { scriptedModel } from "@beseda/core/testing";
import { Webhook } from "standardwebhooks";
import { afterEach, describe, expect, it, vi } from "vitest";
import { createJobs } from "../create-jobs.ts";
import type { Jobs, JobsOptions } from "../jobs.ts";
import { Disk, MortalProcess, mortalEngine } from "./mortal-machine.fake.ts";
import { signedHeaders } from "./sign-webhook.ts";

const webhookSecret = "a secret that both of us know";
const closing: (() => Promise<unknown>)[] = [];

function jobsOn(disk: Disk, options: Partial<JobsOptions> = {}): Jobs {
  const agents = [new Agent({ name: "clerk", model: scriptedModel([{ text: "There are 597." }]) })];
  const jobs = createJobs({ engine: mortalEngine(new MortalProcess(disk)), agents, webhookSecret, ...options });
  closing.push(() => jobs.close());
  return jobs;
}

afterEach(async () => {
  await Promise.all(closing.splice(0).map((close) => close()));
});

type Heard = { path: string | undefined; headers: IncomingHttpHeaders; body: string };

/** Answers with one status after another, the last one for ever. */
async function receiver(statuses: number[], more: RequestListener = () => {}) {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => {
      body += text;
    });
    request.on("end", () => {
      heard.push({ path: request.url, headers: request.headers, body });
      response.statusCode = statuses[Math.min(heard.length, statuses.length) - 1] ?? 200;
      more(request, response);
      response.end();
    });
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closing.push(async () => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/done?of=shop`, heard };
}

/** The next delivery is due now. */
function hurry(disk: Disk, id: string): void {
  const job = stateOf(disk, id);
  if (job) job.runAt = new Date().toISOString();
  disk.changed();
}

/** Of the webhook of this operation. */
const stateOf = (disk: Disk, id: string) =>
  [...disk.jobs.values()].map(({ job }) => job).find((job) => job.id.startsWith(`${id}/webhook/`));

describe("a webhook", () => {
  it("tells, signed as Standard Webhooks are, that an operation is done, and what came of it", async () => {
    for (const secret of [webhookSecret, `whsec_${Buffer.from("another secret, in base64").toString("base64")}`]) {
      const disk = new Disk();
      const { url, heard } = await receiver([204]);
      const jobs = jobsOn(disk, { webhookSecret: secret });
      const operation = await jobs.start("clerk", "How much tea?", { webhook: url, context: { token: "hidden" } });
      await vi.waitFor(() => expect(stateOf(disk, operation.id)?.state).toBe("done"));
      expect(heard).toHaveLength(1);
      const [{ path, headers, body }] = heard as [Heard];
      const format = secret === webhookSecret ? ({ format: "raw" } as const) : {};
      const told = new Webhook(secret, format).verify(body, headers as Record<string, string>);
      await operation.poll();
      expect(told).toEqual({
        type: "operation.done",
        timestamp: operation.modifiedAt,
        data: JSON.parse(JSON.stringify(operation)),
      });
      expect(path).toBe("/done?of=shop");
      expect(headers["content-type"]).toBe("application/json");
      expect(body).not.toMatch(/hidden|secret/);
      expect(() => new Webhook("another", { format: "raw" }).verify(body, headers as Record<string, string>)).toThrow();
    }
  });

  it("is delivered again until somebody has taken it, always with the same id and body", async () => {
    const disk = new Disk();
    const { url, heard } = await receiver([500, 302, 200], (_request, response) => {
      if (response.statusCode === 302) response.setHeader("location", "http://127.0.0.1:1/elsewhere");
    });
    const { id } = await jobsOn(disk).start("clerk", "How much tea?", { webhook: url });
    for (const deliveries of [1, 2]) {
      await vi.waitFor(() => expect(stateOf(disk, id)).toMatchObject({ state: "queued", metadata: { deliveries } }));
      const waits = Date.parse(stateOf(disk, id)?.runAt ?? "") - Date.now();
      expect(waits).toBeGreaterThan(deliveries === 1 ? 2_000 : 20_000);
      hurry(disk, id);
    }
    await vi.waitFor(() => expect(stateOf(disk, id)?.state).toBe("done"));
    expect(heard).toHaveLength(3);
    expect(new Set(heard.map(({ headers, body }) => `${headers["webhook-id"]} ${body}`)).size).toBe(1);
    expect(stateOf(disk, id)?.outcome?.response).toMatchObject({ deliveredAt: expect.any(String) });
  });

  it("is given up when the address wants no more, and after more than a day", async () => {
    const gone = new Disk();
    const one = await receiver([410]);
    const first = await jobsOn(gone).start("clerk", "How much tea?", { webhook: one.url });
    await vi.waitFor(() => expect(stateOf(gone, first.id)?.outcome?.error?.status).toBe(410));

    const never = new Disk();
    const two = await receiver([500]);
    const second = await jobsOn(never).start("clerk", "How much tea?", { webhook: two.url });
    let waited = 0;
    for (let deliveries = 1; deliveries <= 10; deliveries++) {
      await vi.waitFor(() =>
        expect(stateOf(never, second.id)).toMatchObject({ state: "queued", metadata: { deliveries } }),
      );
      waited += Date.parse(stateOf(never, second.id)?.runAt ?? "") - Date.now();
      hurry(never, second.id);
    }
    await vi.waitFor(() => expect(stateOf(never, second.id)?.outcome?.error).toMatchObject({ status: 500 }));
    expect(two.heard).toHaveLength(11);
    expect(waited).toBeGreaterThan(24 * 3_600_000);
  });

  it("tells of failures and of what was cancelled before it began, once", async () => {
    const disk = new Disk();
    const { url, heard } = await receiver([200]);
    const agents = [new Agent({ name: "tired", model: scriptedModel([{ error: new Error("worn out") }]) })];
    const jobs = jobsOn(disk, { agents });
    const failed = await jobs.start("tired", "Well?", { webhook: url });
    await vi.waitFor(() => expect(stateOf(disk, failed.id)?.state).toBe("done"));
    const later = await jobs.start("tired", "Well?", { webhook: url, runAt: new Date(Date.now() + 60_000) });
    await Promise.all([later.cancel(), later.cancel()]);
    await vi.waitFor(() => expect(stateOf(disk, later.id)?.state).toBe("done"));
    expect(heard.map(({ body }) => JSON.parse(body).data.error)).toMatchObject([
      { code: "internal", message: "worn out" },
      { code: "aborted" },
    ]);
  });

  it("is sent again for an operation whose id was used before, and deleted with its operation", async () => {
    const disk = new Disk();
    const { url, heard } = await receiver([200]);
    const jobs = jobsOn(disk);
    for (const times of [1, 2]) {
      await jobs.start("clerk", "How much tea?", { id: "mine", webhook: url });
      await vi.waitFor(() => expect(stateOf(disk, "mine")?.state).toBe("done"));
      expect(heard).toHaveLength(times);
      await jobs.delete("mine");
      expect([...disk.jobs.keys()]).toEqual([]);
    }
  });

  it("is left to workers that have the secret, and counts no delivery before", async () => {
    const disk = new Disk();
    const { url, heard } = await receiver([200]);
    const begin = jobsOn(disk, { work: false });
    const agents = [new Agent({ name: "clerk", model: scriptedModel(() => ({ text: "There are 597." })) })];
    const engine = mortalEngine(new MortalProcess(disk));
    const claim = vi.spyOn(engine, "claim");
    const bare = createJobs({ engine, agents });
    closing.push(() => bare.close());
    const { id } = await (await begin.start("clerk", "How much tea?", { webhook: url })).wait();
    expect(stateOf(disk, id)).toMatchObject({ state: "queued", attempts: 0, metadata: {} });
    expect(claim.mock.calls.flatMap(([{ kinds }]) => kinds)).not.toContain("webhook");
    jobsOn(disk, { agents: [] });
    await vi.waitFor(() => expect(stateOf(disk, id)?.state).toBe("done"));
    expect(heard).toHaveLength(1);
  });

  it("that is on its way keeps nobody from deleting its operation, and tells nothing of the next one of its id", async () => {
    const disk = new Disk();
    let fail = () => {};
    const { url, heard } = await receiver([200]);
    const hanging = createServer((request) => {
      fail = () => void request.socket.destroy();
    }).listen(0, "127.0.0.1");
    closing.push(async () => hanging.close());
    await once(hanging, "listening");
    const old = `http://127.0.0.1:${(hanging.address() as AddressInfo).port}/old`;
    const agents = [new Agent({ name: "clerk", model: scriptedModel(() => ({ text: "There are 597." })) })];
    const jobs = jobsOn(disk, { agents });
    const asked = once(hanging, "request");
    await (await jobs.start("clerk", "How much tea?", { id: "daily", webhook: old })).wait();
    await asked;
    const [first] = [...disk.jobs.keys()].filter((id) => id.startsWith("daily/"));
    await jobs.delete("daily");
    expect([...disk.jobs.keys()]).toEqual([first]);

    await (await jobs.start("clerk", "How much tea?", { id: "daily", webhook: url })).wait();
    await vi.waitFor(() => expect(heard).toHaveLength(1));
    fail();
    const oldOne = () => disk.jobs.get(first ?? "")?.job;
    await vi.waitFor(() => expect(oldOne()?.state).toBe("queued"));
    Object.assign(oldOne() ?? {}, { runAt: new Date().toISOString() });
    disk.changed();
    await vi.waitFor(() => expect(oldOne()?.outcome?.error).toMatchObject({ code: "not-found" }));
  });

  it("is tried again within a day, whatever its receiver asks for, and told of as what it is", async () => {
    const later: Record<number, string> = { 429: "99999999999999", 503: "31536000", 404: "1" };
    for (const status of [429, 503, 404]) {
      const disk = new Disk();
      const { url } = await receiver([status], (_, response) => response.setHeader("retry-after", `${later[status]}`));
      const { id } = await jobsOn(disk).start("clerk", "How much tea?", { webhook: url });
      await vi.waitFor(() => expect(stateOf(disk, id)?.metadata.deliveries).toBe(1));
      await vi.waitFor(() => expect(stateOf(disk, id)?.state).toBe("queued"));
      const { runAt = "", metadata } = stateOf(disk, id) ?? {};
      expect(Date.parse(runAt) - Date.now()).toBeLessThanOrEqual(24 * 3_600_000);
      expect(metadata?.problem).toMatch(/Look at the address of the webhook/);
      expect(metadata?.problem).not.toMatch(/model/);
    }
  });

  it("is signed with no secret that everybody knows: an empty one, or one that is not the base64 it says it is", () => {
    const engine = mortalEngine(new MortalProcess(new Disk()));
    for (const webhookSecret of ["", "whsec_", "whsec_what is this?", "whsec_YWJj=", "whsec_YWJjZA"]) {
      const refused = () => createJobs({ engine, webhookSecret, work: false });
      expect(refused).toThrow(
        expect.objectContaining({ code: "invalid-argument", hint: expect.stringContaining("whsec_") }),
      );
      expect(refused).not.toThrow(/what|YWJj/);
    }
    createJobs({ engine, webhookSecret: "whsec_YWJjZA==", work: false });
  });

  it("needs a secret and an http(s) address", async () => {
    const jobs = jobsOn(new Disk());
    const start = (webhook: string) => jobs.start("clerk", "Hi", { webhook });
    for (const webhook of ["ftp://example.com", "file:///etc/passwd", "example.com", "https://ann:pw@example.com"]) {
      await expect(start(webhook)).rejects.toMatchObject({ code: "invalid-argument" });
    }
    const bare = createJobs({ engine: mortalEngine(new MortalProcess(new Disk())), work: false });
    await expect(bare.start("clerk", "Hi", { webhook: "https://example.com" })).rejects.toMatchObject({
      code: "missing-setting",
    });
  });

  it("is signed for the moment of its delivery", () => {
    const headers = signedHeaders({ id: "a/webhook", body: "{}", now: new Date(1_700_000_000_999) }, webhookSecret);
    expect(headers["webhook-timestamp"]).toBe("1700000000");
  });
});
