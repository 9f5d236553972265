// A clock that only moves when somebody waits, so that a platform's pace can be kept, and checked, in no time.

export class FakeClock {
  #now = Date.UTC(2030, 0, 1);

  now = (): number => this.#now;

  wait = async (ms: number): Promise<void> => {
    this.#now += ms;
  };
}
