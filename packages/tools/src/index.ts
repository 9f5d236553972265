// Ready-made tools, each a function that makes one.
export { type Calculation, calculator } from "./calculator.ts";
export { type ClockAnswer, type ClockOptions, clock } from "./clock.ts";
export type { FactOptions } from "./facts.ts";
export { type FetchedPage, type FetchPageOptions, fetchPage } from "./fetch-page.ts";
export { forget } from "./forget.ts";
export { recall } from "./recall.ts";
export { remember } from "./remember.ts";
