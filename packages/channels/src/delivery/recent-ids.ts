// Which events have been seen: platforms deliver an event again when they are not sure that it arrived.

export class RecentIds {
  readonly #ids = new Set<string | number>();
  readonly #capacity: number;

  /**
   * Remembers the latest `capacity` ids, in this process. It has to outlast the redeliveries of the platform: Slack's
   * come within 6 minutes, Telegram's within 24 hours.
   */
  constructor(capacity = 10_000) {
    this.#capacity = capacity;
  }

  /** Whether the id is new; from now on it is not. */
  claim(id: string | number): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#capacity) {
      for (const oldest of this.#ids) {
        this.#ids.delete(oldest);
        break;
      }
    }
    return true;
  }
}
