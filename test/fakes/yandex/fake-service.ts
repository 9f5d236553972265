// What the parts of the fake of Yandex AI Studio have in common: the state of one service, and the words for its doors.
//
// Its rules come from the service's protocol files (github.com/yandex-cloud/cloudapi, July 2026), its documentation of early
// 2026 and the recordings of real traffic in its Python SDK; where none of them tells, a comment says so.
//
// A part is a function from the state to its routes, `imageRoutes(state: FakeState): FakeRoute[]`, listed in
// yandex-routes.ts. A route
//   - reads its body with `readFields(body, shape)` of wire-fields.ts, which refuses what protobuf-JSON refuses,
//   - finds its model with `state.models.find(uri, "art")`, which refuses in the service's words,
//   - names its `quota`, and says `isBilled` where a 200 is charged,
//   - throws a `Refusal(grpcCode, message)`; the server gives it the shape of the route's `errors`,
//   - begins operations with `state.operations.begin({ prefix: "fbv", hasTimes: false, response: () => ({ "@type": …, … }) })`
//     and returns what that returns. `/operations/…` and its polls are served for all of them.
// Credentials, quotas, faults, headers and the ledger are the server's business, before the route is called.
import { type FakeIdentities, fakeIdentities } from "./credentials-check.ts";
import { defaultModels, type FakeModel, FakeModels } from "./fake-models.ts";
import { type FakeAccount, fakeAccount, type LedgerEntry } from "./fake-route.ts";
import { Faults } from "./faults.ts";
import { type OperationPlan, OperationStore } from "./operation-store.ts";
import { type FakeQuota, type QuotaLimits, Quotas } from "./quotas.ts";
import { defaultReply } from "./text/default-reply.ts";
import { type Responder, type TextReply, TextScript } from "./text/text-script.ts";

export type { KnownModel } from "./fake-models.ts";
export { type FakeAccount, type FakeCall, type FakeRoute, fakeAccount, type LedgerEntry } from "./fake-route.ts";
export { httpStatus, Refusal } from "./refusal.ts";

/** One service, seen by all of its doors, REST and gRPC. Tests change it while the fake runs. */
export type FakeState = {
  readonly account: FakeAccount;
  /** Who is let in: keys, tokens, and how long these live. */
  readonly identities: FakeIdentities;
  /** Of quotas and operations. Tokens live on the clock of `Date.now()`. */
  readonly clock: { now(): number };
  readonly models: FakeModels;
  /** What the text models say, over every API: `script.next(request)` is the reply to it. */
  readonly script: TextScript;
  readonly operations: OperationStore;
  readonly quotas: Quotas;
  readonly faults: Faults;
  /** Every request so far, in order, refused ones too. gRPC adds its own. */
  readonly ledger: LedgerEntry[];
  /** Whether a repeated `idempotency-key` gives the same operation again. Nobody knows of the real service. */
  readonly honoursIdempotencyKeys: boolean;
};

export type FakeStateOptions = {
  account?: Partial<FakeAccount>;
  /** Default: the machine's. */
  clock?: { now(): number };
  /** In place of the models of the description. */
  models?: readonly FakeModel[];
  /** In place of the limits of the description, for these quotas. */
  quotas?: Partial<Record<FakeQuota, QuotaLimits>>;
  /** What the text models say, one for each request; when they are used up, `respond` is asked. */
  replies?: readonly TextReply[];
  /** Default: a small sensible answer, in the language of the question, which calls a tool that was mentioned. */
  respond?: Responder;
  /** What becomes of operations that have no plan of their own. Default: done at the first poll. */
  operations?: OperationPlan;
  honoursIdempotencyKeys?: boolean;
};

export function fakeState(options: FakeStateOptions = {}): FakeState {
  const account = { ...fakeAccount, ...options.account };
  const clock = options.clock ?? Date;
  const operations = new OperationStore(clock, account.serviceAccountId);
  operations.defaultPlan = options.operations ?? {};
  return {
    account,
    identities: fakeIdentities(account),
    clock,
    models: new FakeModels(options.models ?? defaultModels, account),
    script: new TextScript(options.replies ?? [], options.respond ?? defaultReply),
    operations,
    quotas: new Quotas(options.quotas ?? {}, clock),
    faults: new Faults(),
    ledger: [],
    honoursIdempotencyKeys: options.honoursIdempotencyKeys ?? false,
  };
}
