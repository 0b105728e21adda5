import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, query, state } from 'lit/decorators.js';
import { ImageOff, ImagePlus, X } from 'lucide';
import { GramaryeError } from '../../engine/errors.js';
import { controls } from '../base/controls.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import { fetchPicture, nameOfUrl, pictureOfTransfer, type PictureFile } from './open-picture.js';
import './picture-chooser.js';
import type { GramPictureChooser, PictureSample } from './picture-chooser.js';
import { wellStyles } from './picture-well-styles.js';
import { PictureChangedEvent, PictureFailedEvent } from './well-events.js';

/**
 * A frame that takes a picture: by drop, paste, file, camera, web address, or out of samples.
 *
 * @element gram-picture-well
 * @fires {PictureChangedEvent} gram-picture-changed - Another picture was chosen, or it was removed.
 * @fires {PictureFailedEvent} gram-picture-failed - A picture could not be opened.
 * @slot - More beneath the words.
 * @csspart frame - The button with the picture.
 * @csspart caption - The words beneath it.
 * @csspart remove - The button that empties the well.
 * @cssprop [--gram-well-ratio=1] - Width over height of the frame.
 */
export class GramPictureWell extends GramaryeElement {
  static override styles = [tokens, controls, wellStyles];
  static override shadowRootOptions: ShadowRootInit = { mode: 'open', delegatesFocus: true };

  /** Address of the picture. */
  @property({ reflect: true }) src: string | null = null;
  /** What the picture is for, in words. */
  @property() label = '';
  /** Shows a button that empties the well. */
  @property({ type: Boolean, reflect: true }) removable = false;
  /** Words of that button. */
  @property({ attribute: 'remove-label' }) removeLabel = '';
  /** Pictures offered in the chooser. */
  @property({ attribute: false }) samples: readonly PictureSample[] = [];
  /** Refuses changes. */
  @property({ type: Boolean, reflect: true }) disabled = false;
  /** True while a file is dragged over it. */
  @property({ type: Boolean, reflect: true }) dragging = false;

  @state() private picture: PictureFile | null = null;
  @state() private loading = '';
  /** The browser cannot show what is in the well. */
  @state() private isBroken = false;
  @query('img') private image!: HTMLImageElement | null;
  @query('gram-picture-chooser') private chooser!: GramPictureChooser | null;
  #shown: { readonly blob: Blob; readonly url: string } | undefined;
  #loading: AbortController | undefined;

  /** The picture in the well. */
  get value(): PictureFile | null {
    return this.picture;
  }
  set value(picture: PictureFile | null) {
    this.#cancelLoading();
    this.picture = picture;
    this.src = picture?.url ?? null;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    // Moved in the page, its picture has no address any more.
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.#cancelLoading();
    this.#hide();
  }

  /** Puts a picture into the well as if it had been chosen. */
  async choose(picture: File | PictureFile | string): Promise<void> {
    this.#cancelLoading();
    const loading = (this.#loading = new AbortController());
    try {
      let file: PictureFile;
      if (typeof picture === 'string') {
        this.loading = nameOfUrl(picture);
        file = await fetchPicture(picture, loading.signal);
      } else file = picture instanceof File ? { blob: picture, name: picture.name } : picture;
      if (loading.signal.aborted) return;
      this.picture = file;
      this.src = file.url ?? null;
      this.dispatchEvent(new PictureChangedEvent(file));
    } catch (error) {
      if (!loading.signal.aborted) this.dispatchEvent(new PictureFailedEvent(error));
    } finally {
      if (this.#loading === loading) this.loading = '';
    }
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if ((changed as ReadonlyMap<PropertyKey, unknown>).has('picture')) this.isBroken = false;
    if (changed.has('src') && this.src !== null && this.src !== this.picture?.url) void this.choose(this.src);
  }

  protected override updated(): void {
    const { picture } = this;
    // Out of the page nothing is shown, and an address would never be taken away.
    if (picture === null || !this.isConnected) this.#hide();
    else if (this.#shown?.blob !== picture.blob) {
      this.#hide();
      this.#shown = { blob: picture.blob, url: URL.createObjectURL(picture.blob) };
    }
    if (this.image !== null && this.#shown !== undefined && this.image.src !== this.#shown.url) this.image.src = this.#shown.url;
  }

  override render(): TemplateResult {
    const { picture, label, loading } = this;
    const named = picture === null ? this.text('wellEmpty') : this.isBroken ? this.text('wellBroken', { name: picture.name }) : picture.name;
    const words = loading === '' ? named : this.text('wellLoading', { name: loading });
    return html`<button
        type="button"
        class="frame"
        part="frame"
        ?disabled=${this.disabled}
        aria-label="${label}: ${words}"
        aria-haspopup="dialog"
        @click=${this.#open}
        @dragenter=${this.#drag}
        @dragover=${this.#drag}
        @dragleave=${this.#leave}
        @drop=${this.#drop}
        @paste=${this.#paste}
      >
        ${
          picture === null || this.isBroken
            ? html`<span class="empty">${icon(picture === null ? ImagePlus : ImageOff)}<span>${words}</span></span>`
            : html`<img alt="" draggable="false" decoding="async" @error=${this.#broken} />`
        }
        ${picture === null || this.isBroken ? nothing : html`<span class="change">${loading === '' ? this.text('wellChange') : words}</span>`}
      </button>
      <p class="caption" part="caption"><span class="name">${label}</span><slot></slot></p>
      ${
        this.removable
          ? html`<button
              type="button"
              class="icon remove"
              part="remove"
              aria-label=${this.removeLabel}
              title=${this.removeLabel}
              ?disabled=${this.disabled}
              @click=${this.#remove}
            >
              ${icon(X)}
            </button>`
          : nothing
      }
      <gram-picture-chooser .samples=${this.samples} .strings=${this.strings} @gram-picture-chosen=${this.#chosen}></gram-picture-chooser>`;
  }

  #open = (): void => {
    this.chooser?.show();
  };

  #broken = (): void => {
    const { picture } = this;
    if (picture === null) return;
    this.isBroken = true;
    const problem = `${picture.name} is no picture that this browser can read.`;
    this.dispatchEvent(new PictureFailedEvent(new GramaryeError('bad-picture', problem, { remedy: 'Choose a PNG, JPEG or WebP picture.' })));
  };

  #chosen = (event: GlobalEventHandlersEventMap['gram-picture-chosen']): void => {
    void this.choose(event.picture);
  };

  #remove = (): void => {
    this.value = null;
    this.dispatchEvent(new PictureChangedEvent(null));
  };

  #drag = (event: DragEvent): void => {
    if (this.disabled) return;
    event.preventDefault();
    this.dragging = true;
  };

  #leave = (): void => {
    this.dragging = false;
  };

  #drop = (event: DragEvent): void => {
    event.preventDefault();
    this.dragging = false;
    this.#take(event.dataTransfer);
  };

  #paste = (event: ClipboardEvent): void => {
    this.#take(event.clipboardData);
  };

  #take(transfer: DataTransfer | null): void {
    if (this.disabled) return;
    const picture = pictureOfTransfer(transfer);
    if (picture !== undefined) void this.choose(picture);
  }

  #cancelLoading(): void {
    this.#loading?.abort();
    this.#loading = undefined;
    this.loading = '';
  }

  #hide(): void {
    if (this.#shown !== undefined) URL.revokeObjectURL(this.#shown.url);
    this.#shown = undefined;
  }
}

define('gram-picture-well', GramPictureWell);

declare global {
  interface HTMLElementTagNameMap {
    'gram-picture-well': GramPictureWell;
  }
  interface GlobalEventHandlersEventMap {
    'gram-picture-changed': PictureChangedEvent;
    'gram-picture-failed': PictureFailedEvent;
  }
}
