import { css, html, nothing, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { Camera, FolderOpen, X } from 'lucide';
import { messageOf } from '../../engine/errors.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import type { PictureFile } from './open-picture.js';

/** A picture that is offered. */
export interface PictureSample {
  readonly src: string;
  readonly label: string;
}

/** A picture was chosen: a file, or the address of one. */
export class PictureChosenEvent extends Event {
  readonly picture: File | PictureFile | string;
  constructor(picture: File | PictureFile | string) {
    super('gram-picture-chosen');
    this.picture = picture;
  }
}

/**
 * The dialog behind a picture well: samples, a file, the camera, a web address.
 *
 * @fires {PictureChosenEvent} gram-picture-chosen - A picture was chosen.
 * @csspart dialog - The dialog.
 */
export class GramPictureChooser extends GramaryeElement {
  static override styles = [
    tokens,
    controls,
    css`
      dialog {
        inline-size: min(34rem, calc(100vw - 2rem));
        max-block-size: calc(100dvb - 2rem);
        padding: 1.25rem;
        border: 1px solid var(--_line);
        border-radius: var(--_radius);
        background: var(--_surface);
        color: var(--_text);
        text-align: start;
      }
      dialog::backdrop {
        background: rgb(20 18 16 / 55%);
      }
      header {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin-block-end: 0.75rem;
      }
      h2 {
        margin: 0;
        font: 400 1.5rem/1.2 var(--_font-display);
      }
      .ways {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr));
        gap: 0.5rem;
      }
      form {
        display: grid;
        grid-template-columns: 1fr auto;
        gap: 0.25rem 0.5rem;
        margin-block: 0.75rem 0;
      }
      label {
        grid-column: 1 / -1;
      }
      h3 {
        margin: 1rem 0 0.4rem;
        font-size: inherit;
        font-weight: 400;
      }
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(5.25rem, 1fr));
        gap: 0.5rem;
        margin: 0;
        padding: 0;
        list-style: none;
      }
      .sample {
        display: block;
        inline-size: 100%;
        padding: 4px;
        min-block-size: 0;
        border-color: var(--_line);
        background: var(--_raised);
      }
      .sample img {
        display: block;
        inline-size: 100%;
        aspect-ratio: 1;
        object-fit: cover;
      }
      video {
        display: block;
        inline-size: 100%;
        margin-block: 0.75rem;
        background: #000;
      }
      .hint {
        margin: 0.75rem 0 0;
      }
    `,
  ];

  @property({ attribute: false }) samples: readonly PictureSample[] = [];
  @state() private open = false;
  @state() private stream: MediaStream | null = null;
  @state() private cameraError = '';
  @query('dialog') private dialog!: HTMLDialogElement | null;
  @query('video') private video!: HTMLVideoElement | null;
  @query('input[type=file]') private fileInput!: HTMLInputElement | null;

  /** Opens the dialog. */
  show(): void {
    this.open = true;
    void this.updateComplete.then(() => {
      if (this.dialog?.open === false) this.dialog.showModal();
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#stopCamera();
  }

  protected override updated(): void {
    if (this.video !== null && this.video.srcObject !== this.stream) this.video.srcObject = this.stream;
  }

  override render(): TemplateResult | typeof nothing {
    if (!this.open) return nothing;
    return html`<dialog part="dialog" aria-labelledby="title" @close=${this.#closed} @click=${this.#backdrop}>
      <header>
        <h2 id="title">${this.text('chooseTitle')}</h2>
        <button type="button" class="icon" aria-label=${this.text('close')} @click=${this.#close}>${icon(X)}</button>
      </header>
      <div class="ways">
        <button type="button" autofocus @click=${() => this.fileInput?.click()}>${icon(FolderOpen)}${this.text('chooseFile')}</button>
        <button type="button" @click=${this.#startCamera}>${icon(Camera)}${this.text('chooseCamera')}</button>
      </div>
      <input type="file" accept="image/*" hidden @change=${this.#file} />
      ${
        this.stream === null
          ? nothing
          : html`<video autoplay muted playsinline aria-label=${this.text('cameraLive')}></video>
              <button type="button" class="primary" @click=${this.#shoot}>${this.text('cameraShoot')}</button>`
      }
      ${this.cameraError === '' ? nothing : html`<p role="alert">${this.text('cameraRefused', { detail: this.cameraError })}</p>`}
      <form @submit=${this.#url}>
        <label for="url">${this.text('chooseUrl')}</label>
        <input id="url" name="url" type="url" required placeholder="https://" autocomplete="off" />
        <button>${this.text('chooseOpen')}</button>
      </form>
      ${
        this.samples.length === 0
          ? nothing
          : html`<h3 id="samples">${this.text('chooseSamples')}</h3>
              <ul aria-labelledby="samples">
                ${this.samples.map(
                  ({ src, label }) =>
                    html`<li>
                      <button
                        type="button"
                        class="sample"
                        title=${label}
                        @click=${() => {
                          this.#choose(src);
                        }}
                      >
                        <img src=${src} alt=${label} loading="lazy" />
                      </button>
                    </li>`,
                )}
              </ul>`
      }
      <p class="hint">${this.text('choosePaste')}</p>
    </dialog>`;
  }

  #choose(picture: File | PictureFile | string): void {
    this.#close();
    this.dispatchEvent(new PictureChosenEvent(picture));
  }

  #close = (): void => {
    this.dialog?.close();
  };

  #closed = (): void => {
    this.#stopCamera();
    this.cameraError = '';
    this.open = false;
  };

  #backdrop = (event: MouseEvent): void => {
    if (event.target === this.dialog) this.#close();
  };

  #file = (): void => {
    const file = this.fileInput?.files?.[0];
    if (file !== undefined) this.#choose(file);
  };

  #url = (event: SubmitEvent): void => {
    event.preventDefault();
    const url = new FormData(event.target as HTMLFormElement).get('url');
    if (typeof url === 'string') this.#choose(url);
  };

  #startCamera = async (): Promise<void> => {
    try {
      this.cameraError = '';
      this.stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
    } catch (error) {
      this.cameraError = messageOf(error);
    }
  };

  #shoot = async (): Promise<void> => {
    const { video } = this;
    if (video === null || video.videoWidth === 0) return;
    const canvas = document.createElement('canvas');
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext('2d')?.drawImage(video, 0, 0);
    const blob = await new Promise<Blob | null>((resolve) => {
      canvas.toBlob(resolve, 'image/png');
    });
    if (blob !== null) this.#choose({ blob, name: this.text('chooseCamera') });
  };

  #stopCamera(): void {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
  }
}

define('gram-picture-chooser', GramPictureChooser);

declare global {
  interface HTMLElementTagNameMap {
    'gram-picture-chooser': GramPictureChooser;
  }
  interface GlobalEventHandlersEventMap {
    'gram-picture-chosen': PictureChosenEvent;
  }
}
