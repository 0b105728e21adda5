import { html, nothing, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import type { Prediction } from '../../tasks/classification/classifier.js';
import '../labelled/camera.js';
import type { GramCamera } from '../labelled/camera.js';
import { ClassifierElement } from './classifier-element.js';
import { guessList } from './prediction-card.js';
import { numberFormat } from '../base/format.js';

/** The camera's picture is classified at most this often. */
const FRAME_MS = 400;
/** A screen reader hears of the camera's picture at most this often. */
const ANNOUNCE_MS = 4_000;

/** The camera of gram-classifier. */
export abstract class ClassifierLive extends ClassifierElement {
  @state() protected isLive = false;
  @state() private live: readonly Prediction[] = [];
  @state() private announced = '';
  @query('gram-camera') private camera!: GramCamera | null;
  #announcedAt = 0;
  #liveStop: AbortController | null = null;
  #frames = 0;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#liveStop?.abort();
  }

  /** A share as the page's language writes it. */
  protected percent = (share: number): string =>
    numberFormat(this.locale, { style: 'percent', minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(share);

  /** The camera's picture with its guesses. */
  protected renderLive(): TemplateResult {
    return html`<div class="live" ?hidden=${this.mode === 'evaluate'}>
      <gram-camera
        .strings=${this.strings}
        @gram-camera-changed=${(event: GlobalEventHandlersEventMap['gram-camera-changed']) => {
          this.isLive = event.isLive;
          if (event.isLive) void this.#watch();
          else this.#liveStop?.abort();
        }}
      ></gram-camera>
      ${
        this.isLive
          ? html`<div class="body">
              ${guessList(this.live, this.percent, this.text('guesses'))}
              <div class="tools"><button type="button" @click=${() => void this.#keep()}>${this.text('keepFrame')}</button></div>
              <p class="visually-hidden" role="status">${this.announced}</p>
            </div>`
          : nothing
      }
    </div>`;
  }

  /** Opens or closes the camera. */
  protected async toggleCamera(): Promise<void> {
    if (this.isLive) this.camera?.stop();
    else await this.camera?.start();
  }

  /** Classifies the camera's pictures, one at a time and not more often than a person can read. */
  async #watch(): Promise<void> {
    this.#liveStop?.abort();
    const { signal } = (this.#liveStop = new AbortController());
    this.live = [];
    try {
      const session = await this.ensureSession(signal, 1);
      this.setState('idle');
      while (!signal.aborted) {
        const started = performance.now();
        const frame = document.hidden ? undefined : this.camera?.frame();
        if (frame !== undefined) {
          this.live = await session.classifyFrame(frame, this.text('useCamera'), this.top, signal);
          this.#announce();
        }
        await new Promise((resolve) => setTimeout(resolve, Math.max(30, FRAME_MS - (performance.now() - started))));
      }
    } catch (error) {
      if (signal.aborted) return;
      this.camera?.stop();
      this.fail(error);
    }
  }

  #announce(): void {
    const [best] = this.live;
    const now = performance.now();
    if (best === undefined || now - this.#announcedAt < ANNOUNCE_MS) return;
    this.#announcedAt = now;
    this.announced = this.text('liveGuess', { name: best.name, percent: this.percent(best.probability) });
  }

  async #keep(): Promise<void> {
    const blob = await this.camera?.photograph();
    if (blob === undefined) return;
    const predictions = this.live;
    this.found = [
      { file: { path: this.text('keptFrame', { number: ++this.#frames }), read: () => Promise.resolve(blob) }, predictions, problem: '' },
      ...this.found,
    ];
  }
}
