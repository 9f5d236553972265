// Who may be sent when, so that limits of requests and tokens a minute are kept: pure, told the time. All in milliseconds.

export type RateLimits = {
  requestsPerMinute?: number | undefined;
  tokensPerMinute?: number | undefined;
  concurrency?: number | undefined;
};

/** What is known of a request before it is sent, by rule of thumb. */
export type Asked = { inputTokens: number; maxOutputTokens?: number | undefined };

export type Tokens = { input: number; output: number };

/** Of a request that is over. `isWhole`: its reply came to its end, so that others may come to as much. */
export type Outcome = Tokens & { isWhole: boolean };

export type RatePlan = {
  /** How many are under way, and the output that is expected of them. */
  readonly running: number;
  readonly expectedOutput: number;
  /** The next one keeps its distance. */
  readonly notBefore: number;
  /** What replies come to of late: as much as the longest at once, down again by and by. */
  readonly usualOutput: number;
  /** Tokens that count until then, the first to be forgotten first. */
  readonly spent: readonly { until: number; tokens: number }[];
};

/** `usualOutput` as long as no reply has told. */
export const newRatePlan: RatePlan = {
  running: 0,
  expectedOutput: 0,
  notBefore: Number.NEGATIVE_INFINITY,
  usualOutput: 1_000,
  spent: [],
};

/** A minute and a second: requests do not arrive at the distances at which they are sent. */
const windowMs = 61_000;
/** For so long tokens alone keep the next one waiting: services divide requests into seconds, not tokens. */
const longestTokenDistanceMs = 1_000;
/** So much of what a late timer has lost is caught up with. Less than is to spare in a second: a sixtieth of it. */
const catchUpMs = 10;
/** An estimate is good to about a third. */
const inputMargin = 4 / 3;
const forgottenTogetherMs = 1_000;

/** What is set aside for a request. Never more than the limit: what is too large by its margin alone is sent when nothing else is. */
export function expectedTokens({ usualOutput }: RatePlan, { tokensPerMinute }: RateLimits, asked: Asked): Tokens {
  const most = tokensPerMinute ?? Number.POSITIVE_INFINITY;
  const input = Math.min(Math.ceil(asked.inputTokens * inputMargin), most);
  const output = Math.min(Math.ceil(usualOutput), asked.maxOutputTokens ?? most, most - input);
  return { input, output };
}

/** When a request may be sent, as things are: what is past means now, `Infinity` that one under way has to end first. */
export function turnAt(plan: RatePlan, limits: RateLimits, tokens: Tokens): number {
  if (plan.running >= (limits.concurrency ?? Number.POSITIVE_INFINITY)) return Number.POSITIVE_INFINITY;
  return Math.max(plan.notBefore, tokensFitAt(plan, limits, tokens));
}

function tokensFitAt(
  { spent, expectedOutput }: RatePlan,
  { tokensPerMinute }: RateLimits,
  { input, output }: Tokens,
): number {
  if (tokensPerMinute === undefined) return Number.NEGATIVE_INFINITY;
  let excess = expectedOutput + input + output - tokensPerMinute;
  for (const { tokens } of spent) excess += tokens;
  if (excess <= 0) return Number.NEGATIVE_INFINITY;
  for (const { tokens, until } of spent) {
    excess -= tokens;
    if (excess <= 0) return until;
  }
  return Number.POSITIVE_INFINITY;
}

/** One is sent: its input is spent, its output expected. */
export function entered(plan: RatePlan, limits: RateLimits, tokens: Tokens, now: number): RatePlan {
  return {
    ...plan,
    running: plan.running + 1,
    expectedOutput: plan.expectedOutput + tokens.output,
    notBefore: Math.max(plan.notBefore, now - catchUpMs) + distance(limits, tokens),
    spent: withSpent(plan.spent, { at: now, tokens: tokens.input, now }),
  };
}

function distance({ requestsPerMinute, tokensPerMinute }: RateLimits, { input, output }: Tokens): number {
  const byRequests = requestsPerMinute === undefined ? 0 : windowMs / requestsPerMinute;
  const byTokens = tokensPerMinute === undefined ? 0 : ((input + output) * windowMs) / tokensPerMinute;
  return Math.max(byRequests, Math.min(byTokens, longestTokenDistanceMs));
}

/** One is over: its input is corrected, its output spent. */
export function ended(
  plan: RatePlan,
  { sentAt, now, expected, outcome }: { sentAt: number; now: number; expected: Tokens; outcome: Outcome },
): RatePlan {
  const corrected = withSpent(plan.spent, { at: sentAt, tokens: outcome.input - expected.input, now });
  const sinking = plan.usualOutput + (outcome.output - plan.usualOutput) / 10;
  return {
    ...plan,
    running: plan.running - 1,
    expectedOutput: plan.expectedOutput - expected.output,
    usualOutput: outcome.isWhole ? Math.max(outcome.output, sinking) : plan.usualOutput,
    spent: withSpent(corrected, { at: now, tokens: outcome.output, now }),
  };
}

/** Those of one second are one entry, so that there are no more than 62, and are forgotten when the last of them may be. */
function withSpent(
  spent: RatePlan["spent"],
  { at, tokens, now }: { at: number; tokens: number; now: number },
): RatePlan["spent"] {
  const until = Math.ceil(at / forgottenTogetherMs) * forgottenTogetherMs + windowMs;
  const kept = spent.filter((each) => each.until > now);
  if (until <= now || tokens === 0) return kept;
  const index = kept.findIndex((each) => each.until >= until);
  const there = kept[index];
  if (there?.until === until) return kept.with(index, { until, tokens: there.tokens + tokens });
  return kept.toSpliced(index === -1 ? kept.length : index, 0, { until, tokens });
}

/** How things will be once a queue is sent, the last of it at `at`. */
export type Outlook = { plan: RatePlan; at: number };

/** All that are under way could end now. */
export function outlookFrom(plan: RatePlan, now: number): Outlook {
  const spent = withSpent(plan.spent, { at: now, tokens: plan.expectedOutput, now });
  return { plan: { ...plan, running: 0, expectedOutput: 0, spent }, at: now };
}

/** One more in the queue, as soon as that can be. */
export function foreseen({ plan, at }: Outlook, limits: RateLimits, asked: Asked): Outlook {
  const expected = expectedTokens(plan, limits, asked);
  const turn = Math.max(at, turnAt(plan, limits, expected));
  const sent = entered(plan, limits, expected, turn);
  return {
    plan: ended(sent, { sentAt: turn, now: turn, expected, outcome: { ...expected, isWhole: false } }),
    at: turn,
  };
}
