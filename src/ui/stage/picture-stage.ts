import { css, html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import type { Engine } from '../../engine/engine.js';
import type { Picture } from '../../tasks/picture.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import { CanvasPainter } from '../gpu/canvas-painter.js';
import { imageDataOf } from './image-data.js';

/**
 * The picture in the middle: drawn from GPU memory, with the original beneath a slider.
 *
 * @slot - What lies over the picture, e.g. a failure.
 * @csspart canvas - The canvas of the result.
 * @csspart before - The canvas of the original.
 * @csspart divider - The line between the two.
 */
export class GramPictureStage extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: grid;
        grid-template: minmax(0, 1fr) auto / minmax(0, 1fr);
        min-block-size: 0;
        background: var(--_sunken);
      }
      .frame {
        position: relative;
        min-block-size: 0;
        padding: clamp(0.5rem, 2cqi, 1.5rem);
      }
      .layer {
        position: absolute;
        inset: clamp(0.5rem, 2cqi, 1.5rem);
        display: block;
        inline-size: calc(100% - 2 * clamp(0.5rem, 2cqi, 1.5rem));
        block-size: calc(100% - 2 * clamp(0.5rem, 2cqi, 1.5rem));
        object-fit: contain;
      }
      .over {
        position: absolute;
        inset: 0;
        display: grid;
        place-items: center;
        padding: 1rem;
        pointer-events: none;
      }
      ::slotted(*) {
        pointer-events: auto;
      }
      .divider {
        position: absolute;
        inset-block: 0;
        inline-size: 2px;
        margin-inline-start: -1px;
        background: var(--_accent);
        pointer-events: none;
      }
      .slider {
        display: grid;
        grid-template-columns: auto minmax(0, 1fr);
        align-items: center;
        gap: 0.75rem;
        padding: 0 clamp(0.5rem, 2cqi, 1.5rem) 0.25rem;
        font-size: 0.875em;
        color: var(--_muted);
      }
      .slider input {
        direction: ltr;
      }
      [hidden] {
        display: none;
      }
    `,
  ];

  /** How much of the original shows, 0 to 1, from the left. */
  @property({ type: Number, reflect: true }) compare = 0;
  /** What the picture shows, for people who cannot see it. */
  @property() label = '';
  /** The original; without it there is no slider. */
  @property({ attribute: false }) original: Picture | null = null;
  /** A state on the CPU to show instead of the one in GPU memory. */
  @property({ attribute: false }) shown: Picture | null = null;
  /** A file to show before there is a result. */
  @property({ attribute: false }) preview: Blob | null = null;
  /** True once something was drawn. */
  @state() private hasPicture = false;
  /** The file to show beforehand is no picture. */
  @state() private isPreviewBroken = false;

  @query('.result') private canvas!: HTMLCanvasElement | null;
  @query('.before') private beforeCanvas!: HTMLCanvasElement | null;
  @query('.shown') private shownCanvas!: HTMLCanvasElement | null;
  @query('.divider') private divider!: HTMLElement | null;
  @query('.frame') private frame!: HTMLElement | null;
  #painter: CanvasPainter | undefined;
  #previewUrl: string | undefined;
  /** What the address is of. */
  #previewed: Blob | null = null;
  readonly #resized = new ResizeObserver(() => {
    this.#place();
  });

  override connectedCallback(): void {
    super.connectedCallback();
    this.#resized.observe(this);
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#resized.disconnect();
    this.release();
    this.requestUpdate();
  }

  /** Draws f32 [height, width, 3] from GPU memory. */
  draw(engine: Engine, buffer: GPUBuffer, size: { readonly height: number; readonly width: number }): void {
    if (this.canvas === null) return;
    this.#painter ??= new CanvasPainter(this.canvas);
    this.#painter.draw(engine, buffer, size);
    if (this.hasPicture) return;
    this.hasPicture = true;
    void this.updateComplete.then(() => {
      this.#place();
    });
  }

  /** Lets go of the device and empties the stage. */
  release(): void {
    this.#painter?.release();
    this.#painter = undefined;
    this.hasPicture = false;
  }

  protected override willUpdate(): void {
    // Whoever uses the stage may still hand over a file after it has left the page; its address would never be taken away.
    const preview = this.isConnected ? this.preview : null;
    if (preview === this.#previewed) return;
    this.#previewed = preview;
    this.isPreviewBroken = false;
    if (this.#previewUrl !== undefined) URL.revokeObjectURL(this.#previewUrl);
    this.#previewUrl = preview === null ? undefined : URL.createObjectURL(preview);
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('original')) drawPicture(this.beforeCanvas, this.original);
    if (changed.has('shown')) drawPicture(this.shownCanvas, this.shown);
    this.#place();
  }

  override render(): TemplateResult {
    const { original, shown, compare } = this;
    const percent = Math.round(compare * 100);
    const canCompare = original !== null && (this.hasPicture || shown !== null);
    return html`<div class="frame">
        <canvas class="layer result" part="canvas" role="img" aria-label=${this.label} ?hidden=${!this.hasPicture || shown !== null}></canvas>
        ${this.#previewImage()}
        <canvas class="layer shown" role="img" aria-label=${this.label} ?hidden=${shown === null}></canvas>
        <canvas class="layer before" part="before" aria-hidden="true" ?hidden=${!canCompare || compare === 0}></canvas>
        <div class="divider" part="divider" ?hidden=${!canCompare || compare === 0}></div>
        <div class="over"><slot></slot></div>
      </div>
      ${
        canCompare
          ? html`<label class="slider"
              >${this.text('compare')}
              <input
                type="range"
                min="0"
                max="100"
                step="1"
                .value=${String(percent)}
                aria-valuetext=${this.text('compareValue', { percent: this.number(percent) })}
                @input=${this.#compare}
            /></label>`
          : nothing
      }`;
  }

  #compare = (event: InputEvent): void => {
    this.compare = Number((event.target as HTMLInputElement).value) / 100;
  };

  /** Only while there is one: Chromium keeps an image whose address is taken away outside of the page, and its element with it. */
  #previewImage(): TemplateResult | typeof nothing {
    const url = this.#previewUrl;
    if (url === undefined) return nothing;
    return html`<img
      class="layer preview"
      alt=""
      decoding="async"
      src=${url}
      ?hidden=${this.hasPicture || this.shown !== null || this.isPreviewBroken}
      @error=${() => {
        this.isPreviewBroken = true;
      }}
    />`;
  }

  /** Puts the divider where the picture is, which need not fill its frame. */
  #place(): void {
    const { beforeCanvas, divider, frame } = this;
    if (beforeCanvas === null || divider === null || frame === null || this.original === null) return;
    const padding = parseFloat(getComputedStyle(frame).paddingInlineStart);
    const [boxWidth, boxHeight] = [frame.clientWidth - 2 * padding, frame.clientHeight - 2 * padding];
    const scale = Math.min(boxWidth / this.original.width, boxHeight / this.original.height);
    const [width, height] = [this.original.width * scale, this.original.height * scale];
    const [left, top] = [(boxWidth - width) / 2, (boxHeight - height) / 2];
    const cut = left + width * this.compare;
    beforeCanvas.style.clipPath = `inset(0 ${String(boxWidth - cut)}px 0 0)`;
    divider.style.left = `${String(padding + cut)}px`;
    divider.style.insetBlock = `${String(padding + top)}px`;
  }
}

function drawPicture(canvas: HTMLCanvasElement | null, picture: Picture | null): void {
  if (canvas === null || picture === null) return;
  canvas.width = picture.width;
  canvas.height = picture.height;
  // Kept by the processor: what a graphics process draws is gone with it, and this is what is to be seen meanwhile.
  canvas.getContext('2d', { willReadFrequently: true })?.putImageData(imageDataOf(picture), 0, 0);
}

define('gram-picture-stage', GramPictureStage);

declare global {
  interface HTMLElementTagNameMap {
    'gram-picture-stage': GramPictureStage;
  }
}
