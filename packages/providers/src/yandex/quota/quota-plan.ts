// Who may be sent when, under all that is known of one quota: pure, told the time and the chance. All in milliseconds.
import { type Gauge, gaugeEnded, gaugeEntered, gaugeRefused, gaugeTurnAt } from "./quota-gauge.ts";
import { type Rate, rateForgottenMs, rateRefused, rateTurnAt } from "./quota-rate.ts";
import { type QuotaRefusal, type QuotaWindow, windowsMs } from "./quota-refusal.ts";

export type QuotaPlan = {
  /** Ours that have been let in and have not ended. */
  readonly running: number;
  /** When those were let in that were not refused: of the last minute, in order. */
  readonly starts: readonly number[];
  /** When the last one ended well. */
  readonly progressAt: number;
  /** Nothing is known of a quota until it refuses. */
  readonly gauge?: Gauge;
  readonly rates: Readonly<Partial<Record<QuotaWindow, Rate>>>;
};

export const newQuotaPlan: QuotaPlan = { running: 0, starts: [], progressAt: Number.NEGATIVE_INFINITY, rates: {} };

type Moment = { now: number; random: number };

const mostStarts = 1_000;

export function entered(plan: QuotaPlan, { now, random }: Moment): QuotaPlan {
  const running = plan.running + 1;
  const starts = [...plan.starts.slice(1 - mostStarts).filter((start) => start > now - windowsMs.minute * 1.1), now];
  const gauge = plan.gauge && gaugeEntered(plan.gauge, { running, now, random });
  return { ...plan, running, starts, ...(gauge && { gauge }) };
}

/** One that was let in at `sentAt` was refused; `allowed` is not 0. */
export function refused(plan: QuotaPlan, refusal: QuotaRefusal, at: Moment & { sentAt: number }): QuotaPlan {
  const { allowed } = refusal;
  const running = plan.running - 1;
  const index = plan.starts.lastIndexOf(at.sentAt);
  const rest = { ...plan, running, starts: plan.starts.filter((_, each) => each !== index) };
  if (refusal.kind === "gauge") return { ...rest, gauge: gaugeRefused(plan.gauge, { allowed, running, ...at }) };
  // A window without a name: seconds, which grow as long as it goes on refusing.
  const { window = "second" } = refusal;
  const rate = rateRefused(plan.rates[window], { allowed, windowMs: windowsMs[window], ...at });
  return { ...rest, rates: { ...plan.rates, [window]: rate } };
}

/** One has ended. */
export function ended(plan: QuotaPlan, { now, isWell }: { now: number; isWell: boolean }): QuotaPlan {
  const running = plan.running - 1;
  if (!isWell) return { ...plan, running };
  const rates: Partial<Record<QuotaWindow, Rate>> = {};
  for (const [window, rate] of Object.entries(plan.rates) as [QuotaWindow, Rate][]) {
    if (now < rate.refusedAt + rateForgottenMs) rates[window] = { ...rate, refusals: 0 };
  }
  const gauge = plan.gauge && gaugeEnded(plan.gauge, plan.running);
  return { ...plan, running, progressAt: now, rates, ...(gauge && { gauge }) };
}

/** When the next one may be sent, as things are: what is past means now. */
export function turnAt({ running, starts, gauge, rates }: QuotaPlan): number {
  return Math.max(gaugeTurnAt(gauge, running), ...Object.values(rates).map((rate) => rateTurnAt(rate, starts)));
}
