// Ready-made tools, each a function that makes one.
export { type Calculation, calculator } from "./calculator/calculator.ts";
export { type ClockAnswer, type ClockOptions, clock } from "./clock/clock.ts";
export type { FactOptions } from "./facts/facts.ts";
export { forget } from "./facts/forget.ts";
export { recall } from "./facts/recall.ts";
export { remember } from "./facts/remember.ts";
export { type FetchedPage, type FetchPageOptions, fetchPage } from "./fetch-page/fetch-page.ts";
