// Who may send when, while a service is left alone and just after: pure, told the time. All in milliseconds.

export type PausePlan = {
  /** Nobody sends before. */
  liftsAt: number;
  /** When the next one may send. */
  nextAt: number;
  /** How many have been let in since it lifted. */
  letIn: number;
};

/** Another pause, later than the one that is planned, or than the last one was. */
export function lasting({ nextAt }: PausePlan, until: number): PausePlan {
  // Whoever was let in last keeps its distance: the service may ask for a pause of 0 again and again.
  return { liftsAt: until, nextAt: Math.max(nextAt, until), letIn: 0 };
}

/** When a caller may send that has so many others before it. */
export function turnOf({ nextAt, letIn }: PausePlan, ahead: number): number {
  return nextAt + distance(letIn + ahead) - distance(letIn);
}

/** One is let in now; the next one follows at a distance, however late this one is. */
export function lettingIn(plan: PausePlan, now: number): PausePlan {
  const letIn = plan.letIn + 1;
  return { ...plan, nextAt: now + distance(letIn) - distance(plan.letIn), letIn };
}

/** A second after it lifted nobody needs to keep a distance any more. */
export function isOver({ liftsAt }: PausePlan, now: number): boolean {
  return now >= liftsAt + 1_000;
}

/** How long after the first one the n-th follows, the first being 0: 2 come in the first 100 ms, 50 take 0.7 s, 1,000 take 3.2 s. */
function distance(n: number): number {
  return 100 * Math.sqrt(n);
}
