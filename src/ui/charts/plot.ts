import uPlot from 'uplot';

/** Reads the colours of the theme from elements that wear them, so that a chart follows a change of theme. */
export class ChartColours {
  readonly #root: ParentNode & { readonly host: Element };

  constructor(root: ParentNode & { readonly host: Element }) {
    this.#root = root;
  }

  /** The computed colour of the element with a class. */
  of(name: string): string {
    const probe = this.#root.querySelector(`.${name}`);
    return probe === null ? 'gray' : getComputedStyle(probe).color;
  }

  /** The font of axis labels. */
  get font(): string {
    return `12px ${getComputedStyle(this.#root.host).fontFamily}`;
  }
}

/** An axis in the theme's colours. */
export function axis(colours: ChartColours, options: uPlot.Axis = {}): uPlot.Axis {
  return {
    stroke: () => colours.of('probe-axis'),
    font: colours.font,
    labelFont: colours.font,
    labelSize: 16,
    labelGap: 0,
    gap: 4,
    grid: { stroke: () => colours.of('probe-line'), width: 1 },
    ticks: { show: false },
    ...options,
  };
}

/** Whether the page is dark, or in the system's colours: a canvas does not follow by itself. */
const LOOKS = ['(prefers-color-scheme: dark)', '(forced-colors: active)'];

/** A plot that keeps to the size of its frame and the colours of its page. */
export class Plot {
  readonly chart: uPlot;
  readonly #observer: ResizeObserver;
  readonly #looks = LOOKS.map((query) => matchMedia(query));

  constructor(frame: HTMLElement, options: Omit<uPlot.Options, 'width' | 'height'>, data: uPlot.AlignedData) {
    const size = (): { width: number; height: number } => ({ width: Math.max(frame.clientWidth, 50), height: Math.max(frame.clientHeight, 50) });
    this.chart = new uPlot({ ...options, ...size() }, data, frame);
    this.#observer = new ResizeObserver(() => {
      this.chart.setSize(size());
    });
    this.#observer.observe(frame);
    for (const look of this.#looks) look.addEventListener('change', this.#repaint);
  }

  #repaint = (): void => {
    // Colours of the elements that wear them have followed in the next frame.
    requestAnimationFrame(() => {
      this.chart.redraw(false, false);
    });
  };

  /** Removes the plot. */
  destroy(): void {
    this.#observer.disconnect();
    for (const look of this.#looks) look.removeEventListener('change', this.#repaint);
    this.chart.destroy();
  }
}
