// The conformance suite of job engines, on BullMQ with the server of a test file.

import type { JobFiles } from "@beseda/core";
import { engineCases } from "@beseda/jobs/testing";
import { it } from "vitest";
import { enginesOn } from "./bullmq-bench.ts";

const caseMs = 60_000;

/** All cases, with leases of an hour, since nothing may wait for one to run out; but those of lost leases with two seconds. */
export function runEngineCases(url: () => string, newFiles?: () => JobFiles): void {
  const { open, harness, loseLease } = enginesOn(url, newFiles);
  const cases = engineCases(() => open({ leaseMs: 3_600_000 }), harness);
  for (const { name, run } of cases) it(name, run, caseMs);
  const names = new Set(cases.map(({ name }) => name));
  const losing = engineCases(() => open({ leaseMs: 2_000 }), { ...harness, loseLease });
  for (const { name, run } of losing) if (!names.has(name)) it(name, run, caseMs);
}
