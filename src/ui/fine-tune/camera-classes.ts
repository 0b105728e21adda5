import { css, html, nothing, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import '../labelled/camera.js';
import type { GramCamera } from '../labelled/camera.js';
import type { DataFile } from '../labelled/data-files.js';

/** Photographs were taken and are to be learned from. */
export class ShotsTakenEvent extends Event {
  readonly shots: ReadonlyMap<string, readonly DataFile[]>;
  constructor(shots: ReadonlyMap<string, readonly DataFile[]>) {
    super('gram-shots-taken');
    this.shots = shots;
  }
}

const SERIES = 10;
const SERIES_MS = 250;

/**
 * Photographs by class with the camera. Used inside gram-fine-tune.
 *
 * @fires {ShotsTakenEvent} gram-shots-taken - They are to be learned from.
 */
export class GramCameraClasses extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      :host {
        display: grid;
        gap: 0.75rem;
      }
      .ways {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
      }
      ul {
        margin: 0;
        padding: 0;
        list-style: none;
      }
      p {
        margin: 0;
      }
    `,
  ];

  @state() private label = '';
  @state() private isLive = false;
  @state() private isTaking = false;
  @state() private shots: ReadonlyMap<string, readonly DataFile[]> = new Map();
  @query('gram-camera') private camera!: GramCamera | null;

  /** Opens the camera. */
  async open(): Promise<void> {
    await this.updateComplete;
    await this.camera?.start();
  }

  /** Closes it; the photographs stay. */
  close(): void {
    this.camera?.stop();
  }

  override render(): TemplateResult {
    const classes = [...this.shots].filter(([, files]) => files.length > 0);
    const isReady = classes.length >= 2;
    const label = this.label.trim();
    return html`<gram-camera
        .strings=${this.strings}
        @gram-camera-changed=${(event: GlobalEventHandlersEventMap['gram-camera-changed']) => {
          this.isLive = event.isLive;
        }}
      ></gram-camera>
      ${
        this.isLive
          ? html`<div class="field">
                <label class="label" for="label">${this.text('cameraClass')}</label>
                <input
                  id="label"
                  .value=${this.label}
                  placeholder=${this.text('cameraClassHint')}
                  autocomplete="off"
                  maxlength="60"
                  @input=${(event: Event) => {
                    this.label = (event.target as HTMLInputElement).value;
                  }}
                />
              </div>
              <div class="ways">
                <button type="button" ?disabled=${label === '' || this.isTaking} @click=${() => void this.#take(1)}>${this.text('cameraTake')}</button>
                <button type="button" ?disabled=${label === '' || this.isTaking} @click=${() => void this.#take(SERIES)}>${this.text('cameraSeries')}</button>
              </div>`
          : nothing
      }
      ${
        classes.length === 0
          ? nothing
          : html`<div role="status">
                <ul>
                  ${classes.map(([name, files]) => html`<li>${this.text('classCount', { name, count: this.number(files.length, 21) })}</li>`)}
                </ul>
              </div>
              <button
                type="button"
                ?disabled=${!isReady}
                @click=${() => {
                  this.close();
                  this.dispatchEvent(new ShotsTakenEvent(this.shots));
                }}
              >
                ${this.text('cameraUse')}
              </button>
              ${isReady ? nothing : html`<p class="hint">${this.text('cameraNeeds')}</p>`}`
      }`;
  }

  async #take(count: number): Promise<void> {
    const name = this.label.trim().replaceAll('/', '-');
    this.isTaking = true;
    try {
      for (let shot = 0; shot < count && this.isLive; shot++) {
        const blob = await this.camera?.photograph();
        if (blob !== undefined) {
          const own = this.shots.get(name) ?? [];
          const path = `${name}/${String(own.length + 1)}.jpg`;
          this.shots = new Map([...this.shots, [name, [...own, { path, read: () => Promise.resolve(blob) }]]]);
        }
        if (shot + 1 < count) await new Promise((resolve) => setTimeout(resolve, SERIES_MS));
      }
    } finally {
      this.isTaking = false;
    }
  }
}

define('gram-camera-classes', GramCameraClasses);

declare global {
  interface HTMLElementTagNameMap {
    'gram-camera-classes': GramCameraClasses;
  }
  interface GlobalEventHandlersEventMap {
    'gram-shots-taken': ShotsTakenEvent;
  }
}
