// P1 with models of Yandex, at every byte.
import { it } from "vitest";
import { yandexRunsCut } from "./yandex-stream-cuts.ts";

it(
  "A native stream that breaks off after any byte invents no text, and runs no tool that it has not asked for whole",
  {
    timeout: 300_000,
  },
  () => yandexRunsCut(1),
);
