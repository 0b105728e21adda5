import { css, html, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { Brush, Eraser, ImageUp, X } from 'lucide';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import type { PictureFile } from './open-picture.js';
import { PictureFailedEvent } from './well-events.js';

/** A mask was painted, opened or taken away. */
export class MaskChangedEvent extends Event {
  /** A grey picture, white where the style goes; null: everywhere. */
  readonly mask: PictureFile | null;
  constructor(mask: PictureFile | null) {
    super('gram-mask-changed', { bubbles: true });
    this.mask = mask;
  }
}

/** Longer side of a mask in px: finer than any tap needs. */
const LONGER_PX = 256;
/** Of the canvas's longer side. */
const RADII = { low: 0.02, high: 0.3, step: 0.02 } as const;
/** How far an arrow key moves the brush. */
const KEY_STEP = 0.04;

const ARROWS: Readonly<Record<string, readonly [number, number]>> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * A soft brush that paints where a style goes, over the content picture; or a grey picture that is opened. Used inside the style-transfer
 * element. Arrow keys move the brush, space paints.
 *
 * @fires {MaskChangedEvent} gram-mask-changed - The mask is another.
 * @fires {PictureFailedEvent} gram-picture-failed - A file could not be opened as a mask.
 * @csspart canvas - What is painted on.
 */
export class GramMaskBrush extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: grid;
        gap: 0.4rem;
      }
      canvas {
        inline-size: 100%;
        touch-action: none;
        cursor: crosshair;
        background: var(--_surface-sunken, #ebe4d5);
      }
      .tools {
        display: flex;
        flex-wrap: wrap;
        gap: 0.25rem;
      }
      button[aria-pressed='true'] {
        border-color: var(--_accent);
      }
      input[type='file'] {
        display: none;
      }
    `,
  ];

  /** What the mask is for, in words. */
  @property() label = '';
  /** The picture beneath. */
  @property({ attribute: false }) backdrop: Blob | null = null;
  /** The mask there is. */
  @property({ attribute: false }) value: PictureFile | null = null;

  @state() private erases = false;
  @state() private radius = 0.1;
  @state() private cursor: readonly [number, number] = [0.5, 0.5];
  @query('canvas') private canvas!: HTMLCanvasElement | null;
  @query('input[type=file]') private file!: HTMLInputElement | null;
  readonly #mask = document.createElement('canvas');
  #picture: ImageBitmap | undefined;
  #known: PictureFile | null | undefined;
  #last: readonly [number, number] | undefined;

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('backdrop')) void this.#setBackdrop();
    else if (changed.has('value') && this.value !== this.#known) void this.#load(this.value);
    else this.#draw();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#picture?.close();
    this.#picture = undefined;
  }

  override render(): TemplateResult {
    return html`<canvas
        part="canvas"
        tabindex="0"
        role="application"
        aria-label="${this.label}. ${this.text('maskHint')}"
        @pointerdown=${this.#down}
        @pointermove=${this.#move}
        @pointerup=${this.#up}
        @pointercancel=${this.#up}
        @keydown=${this.#key}
      ></canvas>
      <input
        type="range"
        min=${RADII.low}
        max=${RADII.high}
        step=${RADII.step}
        .value=${String(this.radius)}
        aria-label=${this.text('maskSize')}
        @input=${(event: Event) => {
          this.radius = (event.target as HTMLInputElement).valueAsNumber;
        }}
      />
      <div class="tools">
        <button
          type="button"
          class="icon"
          aria-pressed=${String(!this.erases)}
          aria-label=${this.text('maskPaint')}
          title=${this.text('maskPaint')}
          @click=${this.#usePaint}
        >
          ${icon(Brush)}
        </button>
        <button
          type="button"
          class="icon"
          aria-pressed=${String(this.erases)}
          aria-label=${this.text('maskErase')}
          title=${this.text('maskErase')}
          @click=${this.#useEraser}
        >
          ${icon(Eraser)}
        </button>
        <button type="button" class="icon" aria-label=${this.text('maskOpen')} title=${this.text('maskOpen')} @click=${this.#choose}>${icon(ImageUp)}</button>
        <button type="button" class="icon" aria-label=${this.text('maskClear')} title=${this.text('maskClear')} @click=${this.#clear}>${icon(X)}</button>
      </div>
      <input type="file" accept="image/*" aria-label=${this.text('maskOpen')} @change=${this.#opened} />`;
  }

  #usePaint = (): void => {
    this.erases = false;
  };

  #useEraser = (): void => {
    this.erases = true;
  };

  #choose = (): void => {
    this.file?.click();
  };

  #clear = (): void => {
    this.#fillBlack();
    this.#give(null);
  };

  #opened = async (): Promise<void> => {
    const [chosen] = this.file?.files ?? [];
    if (chosen === undefined) return;
    const mask = { blob: chosen, name: chosen.name };
    await this.#load(mask);
    if (this.#known === mask) this.#give(mask);
  };

  async #setBackdrop(): Promise<void> {
    this.#picture?.close();
    this.#picture = this.backdrop === null ? undefined : await createImageBitmap(this.backdrop).catch(() => undefined);
    const { width, height } = this.#picture ?? { width: 1, height: 1 };
    const scale = LONGER_PX / Math.max(width, height);
    this.#mask.width = Math.max(16, Math.round(width * scale));
    this.#mask.height = Math.max(16, Math.round(height * scale));
    await this.#load(this.value);
  }

  /** Shows a mask file; one that cannot be read is told and leaves things as they were. */
  async #load(mask: PictureFile | null): Promise<void> {
    const bitmap =
      mask === null
        ? undefined
        : await createImageBitmap(mask.blob).catch((error: unknown) => {
            this.dispatchEvent(new PictureFailedEvent(error));
            return undefined;
          });
    if (mask !== null && bitmap === undefined) return;
    this.#fillBlack();
    if (bitmap !== undefined) this.#context(this.#mask)?.drawImage(bitmap, 0, 0, this.#mask.width, this.#mask.height);
    bitmap?.close();
    this.#known = mask;
    this.#draw();
  }

  #fillBlack(): void {
    const context = this.#context(this.#mask);
    if (context === null) return;
    context.globalCompositeOperation = 'source-over';
    context.fillStyle = 'black';
    context.fillRect(0, 0, this.#mask.width, this.#mask.height);
  }

  #context(canvas: HTMLCanvasElement): CanvasRenderingContext2D | null {
    return canvas.getContext('2d', { willReadFrequently: false });
  }

  /** The picture, dark where the style does not go, and the brush. */
  #draw(): void {
    const { canvas } = this;
    if (canvas === null || this.#mask.width === 0) return;
    const { width, height } = this.#mask;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width, height];
    const context = this.#context(canvas);
    if (context === null) return;
    context.globalCompositeOperation = 'source-over';
    if (this.#picture === undefined) {
      context.fillStyle = 'white';
      context.fillRect(0, 0, width, height);
    } else context.drawImage(this.#picture, 0, 0, width, height);
    if (this.#known !== null && this.#known !== undefined) {
      context.globalCompositeOperation = 'multiply';
      context.drawImage(this.#mask, 0, 0);
      context.globalCompositeOperation = 'source-over';
    }
    const [x, y] = this.cursor;
    context.strokeStyle = 'white';
    context.beginPath();
    context.arc(x * width, y * height, this.radius * Math.max(width, height), 0, 2 * Math.PI);
    context.stroke();
  }

  /** A soft dab at a place in shares of width and height. */
  #dab([x, y]: readonly [number, number]): void {
    const context = this.#context(this.#mask);
    if (context === null) return;
    const { width, height } = this.#mask;
    const reach = this.radius * Math.max(width, height);
    const grey = this.erases ? 0 : 255;
    const gradient = context.createRadialGradient(x * width, y * height, reach * 0.6, x * width, y * height, reach);
    gradient.addColorStop(0, `rgb(${String(grey)} ${String(grey)} ${String(grey)} / 1)`);
    gradient.addColorStop(1, `rgb(${String(grey)} ${String(grey)} ${String(grey)} / 0)`);
    context.fillStyle = gradient;
    context.fillRect(x * width - reach, y * height - reach, 2 * reach, 2 * reach);
  }

  /** Dabs from the last place to this one, closer together than the brush is wide. */
  #stroke(to: readonly [number, number]): void {
    const from = this.#last ?? to;
    const dabs = Math.max(1, Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1]) / (this.radius / 3)));
    for (let dab = 1; dab <= dabs; dab++) this.#dab([from[0] + ((to[0] - from[0]) * dab) / dabs, from[1] + ((to[1] - from[1]) * dab) / dabs]);
    this.#last = to;
    // A mask begins with its first stroke.
    this.#known ??= { blob: new Blob(), name: '' };
    this.cursor = to;
    this.#draw();
  }

  #placeOf(event: PointerEvent): readonly [number, number] {
    const { left, top, width, height } = (event.target as HTMLElement).getBoundingClientRect();
    return [(event.clientX - left) / width, (event.clientY - top) / height];
  }

  #down = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    this.canvas?.setPointerCapture(event.pointerId);
    this.#last = undefined;
    this.#stroke(this.#placeOf(event));
  };

  #move = (event: PointerEvent): void => {
    if (this.#last === undefined) this.cursor = this.#placeOf(event);
    else this.#stroke(this.#placeOf(event));
  };

  #up = (): void => {
    if (this.#last === undefined) return;
    this.#last = undefined;
    void this.#finish();
  };

  #key = (event: KeyboardEvent): void => {
    const arrow = ARROWS[event.key];
    if (arrow !== undefined) {
      const within = (value: number): number => Math.min(1, Math.max(0, value));
      this.cursor = [within(this.cursor[0] + arrow[0] * KEY_STEP), within(this.cursor[1] + arrow[1] * KEY_STEP)];
    } else if (event.key === ' ') {
      this.#last = undefined;
      this.#stroke(this.cursor);
      this.#up();
    } else return;
    event.preventDefault();
  };

  async #finish(): Promise<void> {
    const blob = await new Promise<Blob | null>((resolve) => {
      this.#mask.toBlob(resolve, 'image/png');
    });
    if (blob !== null) this.#give({ blob, name: this.text('maskName') });
  }

  #give(mask: PictureFile | null): void {
    this.#known = mask;
    this.value = mask;
    this.#draw();
    this.dispatchEvent(new MaskChangedEvent(mask));
  }
}

define('gram-mask-brush', GramMaskBrush);

declare global {
  interface HTMLElementTagNameMap {
    'gram-mask-brush': GramMaskBrush;
  }
  interface GlobalEventHandlersEventMap {
    'gram-mask-changed': MaskChangedEvent;
  }
}
