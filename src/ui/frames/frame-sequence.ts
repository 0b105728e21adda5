import { css, html, nothing, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { GramaryeError } from '../../engine/errors.js';
import { controls } from '../base/controls.js';
import { describeFailure, type Failure } from '../base/failure.js';
import '../base/failure-view.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { saveFile } from '../base/save-file.js';
import { tokens } from '../base/tokens.js';
import type { FrameOptions } from '../run/frame-run.js';

/** Weight that a visitor begins with; the guide shows it. */
const WEIGHT = 100;

/** All frames are painted. */
export class FramesFinishedEvent extends Event {
  /** A ZIP file of the results. */
  readonly zip: Blob;
  constructor(zip: Blob) {
    super('gram-frames-finished', { bubbles: true, composed: true });
    this.zip = zip;
  }
}

/**
 * A sequence of frames: chosen, painted one after the other and handed out as a ZIP file. Used inside the style-transfer element.
 *
 * @fires {FramesFinishedEvent} gram-frames-finished - All frames are painted.
 * @csspart frames - The whole of it.
 */
export class GramFrameSequence extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      .frames {
        display: grid;
        gap: 0.5rem;
        padding-block: 0.25rem 0.5rem;
      }
      input[type='file'],
      progress {
        inline-size: 100%;
        min-inline-size: 0;
      }
      p {
        margin: 0;
      }
    `,
  ];

  /** Paints frames with the settings and styles of the element around. */
  @property({ attribute: false }) paint: ((frames: readonly File[], options: FrameOptions) => Promise<Blob>) | null = null;

  @state() private files: readonly File[] = [];
  @state() private weight = WEIGHT;
  @state() private steps = 0;
  @state() private progress: { readonly frame: number; readonly frames: number; readonly share: number } | null = null;
  @state() private zip: Blob | null = null;
  @state() private failure: Failure | null = null;
  #stop: AbortController | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stop?.abort();
  }

  override render(): TemplateResult {
    const { files, progress, zip } = this;
    const isRunning = progress !== null;
    return html`<div class="frames" part="frames" role="group" aria-label=${this.text('frames')}>
      <div class="field">
        <label class="label" for="files">${this.text('framesChoose')}</label>
        <input
          id="files"
          type="file"
          accept="image/png,image/jpeg,image/webp"
          multiple
          ?disabled=${isRunning}
          aria-describedby="files-hint"
          @change=${this.#chosen}
        />
        <span class="hint" id="files-hint">${files.length === 0 ? this.text('framesHint') : this.text('framesCount', { count: files.length })}</span>
      </div>
      ${this.#number('weight', this.text('framesWeight'), this.weight, (value) => (this.weight = value))}
      ${this.#number('steps', this.text('framesSteps'), this.steps, (value) => (this.steps = Math.round(value)))}
      ${
        isRunning
          ? html`<progress max="1" value=${progress.share} aria-label=${this.text('frames')}></progress>
              <p role="status">${this.text('framesProgress', { frame: Math.min(progress.frame + 1, progress.frames), frames: progress.frames })}</p>
              <button type="button" @click=${() => this.#stop?.abort()}>${this.text('cancel')}</button>`
          : html`<button type="button" ?disabled=${files.length === 0} @click=${this.#start}>${this.text('framesStart')}</button>`
      }
      ${
        zip === null
          ? nothing
          : html`<button
              type="button"
              @click=${() => {
                saveFile(zip, 'frames.zip');
              }}
            >
              ${this.text('framesDownload')}
            </button>`
      }
      ${
        this.failure === null
          ? nothing
          : html`<gram-failure
              .failure=${{ ...this.failure, actions: ['dismiss'] as const }}
              .strings=${this.strings}
              @gram-failure-acted=${() => {
                this.failure = null;
              }}
            ></gram-failure>`
      }
    </div>`;
  }

  #number(id: 'weight' | 'steps', label: string, value: number, set: (value: number) => void): TemplateResult {
    return html`<div class="field">
      <label class="label" for=${id}>${label}</label>
      <input
        id=${id}
        type="number"
        min="0"
        step="any"
        inputmode="decimal"
        .value=${String(value)}
        @change=${(event: Event) => {
          const input = event.target as HTMLInputElement;
          const isValid = input.value !== '' && input.checkValidity();
          input.ariaInvalid = isValid ? null : 'true';
          if (isValid) set(input.valueAsNumber);
          else input.reportValidity();
        }}
      />
    </div>`;
  }

  #chosen = (event: Event): void => {
    this.files = [...((event.target as HTMLInputElement).files ?? [])];
    this.zip = null;
    this.failure = null;
  };

  #start = async (): Promise<void> => {
    const { paint, files } = this;
    if (paint === null || files.length === 0) return;
    const stop = (this.#stop = new AbortController());
    this.zip = null;
    this.failure = null;
    this.progress = { frame: 0, frames: files.length, share: 0 };
    try {
      const zip = await paint(files, {
        temporalWeight: this.weight,
        ...(this.steps > 0 ? { frameSteps: this.steps } : {}),
        signal: stop.signal,
        onProgress: ({ frame, frames, done, total }) => {
          this.progress = { frame, frames, share: (frame + done / Math.max(1, total)) / frames };
        },
      });
      this.zip = zip;
      this.dispatchEvent(new FramesFinishedEvent(zip));
    } catch (error) {
      if (!(error instanceof GramaryeError && error.code === 'aborted')) this.failure = describeFailure(error);
    } finally {
      this.progress = null;
    }
  };
}

define('gram-frame-sequence', GramFrameSequence);

declare global {
  interface HTMLElementTagNameMap {
    'gram-frame-sequence': GramFrameSequence;
  }
  interface GlobalEventHandlersEventMap {
    'gram-frames-finished': FramesFinishedEvent;
  }
}
