import { LitElement } from 'lit';
import { property } from 'lit/decorators.js';
import { fillIn } from './fill-in.js';
import { formatBytes, formatDuration, formatNumber } from './format.js';
import { getStrings, onStringsChanged, type StringKey, type Strings } from './strings.js';

/** What all elements share: words that can be replaced, numbers in the language of the page, and the theme. */
export class GramaryeElement extends LitElement {
  /** `light` or `dark`; without it the page's `color-scheme` decides. */
  @property({ reflect: true }) theme: 'light' | 'dark' | null = null;

  /** Words of this element that differ from the page's; see `setStrings`. */
  @property({ attribute: false }) strings: Partial<Strings> = {};

  #stopListening: (() => void) | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    this.#stopListening = onStringsChanged(() => {
      this.requestUpdate();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopListening?.();
  }

  /** The language of numbers: the nearest `lang`, else the browser's. */
  protected get locale(): string {
    const lang = this.closest('[lang]')?.getAttribute('lang') ?? document.documentElement.lang;
    return lang === '' ? navigator.language : lang;
  }

  /** A word or sentence with its values filled in. */
  protected text(key: StringKey, values?: Readonly<Record<string, string | number>>): string {
    return fillIn(this.strings[key] ?? getStrings()[key], values);
  }

  protected bytes(sizeBytes: number): string {
    return formatBytes(this.locale, sizeBytes);
  }

  protected duration(timeMs: number): string {
    return formatDuration(this.locale, timeMs);
  }

  protected number(value: number, digits?: number): string {
    return formatNumber(this.locale, value, digits);
  }
}

/** Defines an element unless the page already has one of that name (two copies of the library must not clash). */
export function define(name: string, element: CustomElementConstructor): void {
  if (customElements.get(name) === undefined) customElements.define(name, element);
}
