// The port of what remembers a run, so that after a crash it goes on where it was: types without behaviour.
import type { JsonValue, Message, Usage } from "../message.ts";
import type { LanguageModel } from "./language-model.ts";
import type { Store } from "./store.ts";

/**
 * A run that is given the same journal and the same input again goes the same way again as far as it had come, with the
 * replies and the results that the journal has, and from there on it goes on. Steps count from 1. What the journal
 * throws ends the run.
 */
export interface Journal {
  /** The same for every attempt. */
  readonly runId: string;
  /** Where the run waits for its approvals. */
  readonly store: Store;
  /** The model as it answers in this step: from the journal where it has answered before. */
  model(model: LanguageModel, step: number): LanguageModel;
  /** What came of a call before; nothing for one that is to be carried out. */
  outcome(call: JournalledCall): Promise<CallOutcome | undefined>;
  /** Just before the tool is run: once this resolves, the journal knows of a call whose `replay` is `never`, whatever happens. */
  begin(call: JournalledCall): Promise<void>;
  end(call: JournalledCall, outcome: CallOutcome): Promise<void>;
  /** The thread as it is stored now, without what earlier attempts of this run have added to it. */
  load(stored: readonly Message[]): Promise<Message[]>;
  /**
   * Stores a message by `append`, unless an earlier attempt has. `key` tells it from the others of its run; its
   * `createdAt` becomes that of the first attempt.
   */
  keep(key: string, message: Message, append: () => Promise<void>): Promise<void>;
  /** The journal of a run that a call starts, such as a sub-agent's. `key` tells it from the others that the call starts. */
  below(call: JournalledCall, key: string): Journal;
}

export type JournalledCall = {
  step: number;
  callId: string;
  toolName: string;
  /** Of a call that may have been begun, `safe`: it may be carried out again. */
  replay: "safe" | "never";
};

export type CallOutcome = ({ output: JsonValue; error?: undefined } | { error: string; isDenied?: true }) & {
  /** What the runs that it started have used, where it started any: it counts for the run above whenever the call is remembered. */
  used?: { usage: Usage; steps: number };
};
