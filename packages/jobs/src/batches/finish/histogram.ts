// How values above zero are spread, in some hundred bins whatever their number: a bin reaches a tenth further than it begins.

const step = Math.log(1.1);
/** From 1 to 10^12. */
const mostBins = 292;

/** Values are told to a twentieth; the least and the greatest exactly. Of those below 1 it is known that they are. */
export class Histogram {
  count = 0;
  sum = 0;
  least = Number.POSITIVE_INFINITY;
  most = 0;
  /** The first bin is for values below 1. */
  readonly #bins: number[] = [];

  add(value: number): void {
    const bin = value < 1 ? 0 : Math.min(mostBins, 1 + Math.floor(Math.log(value) / step));
    this.#bins[bin] = (this.#bins[bin] ?? 0) + 1;
    this.count++;
    this.sum += value;
    this.least = Math.min(this.least, value);
    this.most = Math.max(this.most, value);
  }

  get mean(): number {
    return this.count === 0 ? 0 : this.sum / this.count;
  }

  /** @param share such as 0.95, for the value that so many are not above */
  percentile(share: number): number {
    let left = share * this.count;
    for (let bin = 0; bin < this.#bins.length; bin++) {
      left -= this.#bins[bin] ?? 0;
      if (left <= 0 && this.#bins[bin]) return Math.min(this.most, Math.max(this.least, middleOf(bin)));
    }
    return this.most;
  }

  /** Between two values of the scale, such as 1, 2, 5, 10, how many there are: from the first to the last that has any. */
  bars(): { from: number; to: number; count: number }[] {
    const bars = new Map<number, { from: number; to: number; count: number }>();
    for (let bin = 0; bin < this.#bins.length; bin++) {
      const count = this.#bins[bin];
      if (!count) continue;
      const place = placeOf(middleOf(bin));
      const bar = bars.get(place) ?? { from: edgeOf(place), to: edgeOf(place + 1), count: 0 };
      bar.count += count;
      bars.set(place, bar);
    }
    const places = [...bars.keys()];
    const first = Math.min(...places);
    const length = places.length === 0 ? 0 : Math.max(...places) - first + 1;
    return Array.from({ length }, (_, index) => {
      const place = first + index;
      return bars.get(place) ?? { from: edgeOf(place), to: edgeOf(place + 1), count: 0 };
    });
  }
}

function middleOf(bin: number): number {
  return bin === 0 ? 0 : Math.exp((bin - 0.5) * step);
}

const edges = [1, 1.5, 2, 3, 5, 7];

/** The edges of bars: 0, 1, 1.5, 2, 3, 5, 7, 10, 15 … */
function edgeOf(place: number): number {
  if (place === 0) return 0;
  return (edges[(place - 1) % edges.length] as number) * 10 ** Math.floor((place - 1) / edges.length);
}

function placeOf(value: number): number {
  let place = 0;
  while (value >= edgeOf(place + 1)) place++;
  return place;
}
