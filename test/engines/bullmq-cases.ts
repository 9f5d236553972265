// The conformance suite of job engines, on BullMQ with the server of a test file.

import type { JobFiles } from "@beseda/core";
import { engineCases } from "@beseda/jobs/testing";
import { it } from "vitest";
import { enginesOn } from "./bullmq-bench.ts";

const caseMs = 60_000;

/** All cases, and those of lost leases with leases of two seconds: the others have time to be slow. */
export function runEngineCases(url: () => string, newFiles?: () => JobFiles): void {
  const { open, harness, loseLease } = enginesOn(url, newFiles);
  const cases = engineCases(() => open(), harness);
  for (const { name, run } of cases) it(name, run, caseMs);
  const names = new Set(cases.map(({ name }) => name));
  const losing = engineCases(() => open({ leaseMs: 2_000 }), { ...harness, loseLease });
  for (const { name, run } of losing) if (!names.has(name)) it(name, run, caseMs);
}
