import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { property, state } from 'lit/decorators.js';
import { Plus } from 'lucide';
import { controls } from '../base/controls.js';
import { define } from '../base/gramarye-element.js';
import { icon } from '../base/icon.js';
import { tokens } from '../base/tokens.js';
import '../frames/frame-sequence.js';
import '../pictures/mask-brush.js';
import type { MaskChangedEvent } from '../pictures/mask-brush.js';
import type { PictureFile } from '../pictures/open-picture.js';
import type { PictureSample } from '../pictures/picture-chooser.js';
import '../pictures/picture-well.js';
import type { GramPictureWell } from '../pictures/picture-well.js';
import type { PictureChangedEvent, PictureFailedEvent } from '../pictures/well-events.js';
import type { FrameOptions } from '../run/frame-run.js';
import { referenceTo, type PictureReference, type ResultRecord } from '../studio/result-file.js';
import type { PictureSlot } from '../studio/studio-element.js';
import { composeJob, type JobPictures } from '../studio/studio-settings.js';
import { studioStyles } from '../studio/studio-styles.js';
import { StudioView } from '../studio/studio-view.js';

const NO_PICTURE = { src: null, file: null, share: 1 } as const;

/**
 * Style transfer in a page: a content picture, one or more style pictures, settings, and the picture in the middle.
 *
 * @element gram-style-transfer
 * @fires {StartedEvent} gram-started - A run began.
 * @fires {SteppedEvent} gram-stepped - Steps were done.
 * @fires {FinishedEvent} gram-finished - The last step was done.
 * @fires {FailedEvent} gram-failed - Something went wrong; the element shows what.
 * @fires {StateChangedEvent} gram-state-changed - The attribute `state` changed.
 * @fires {IterateKeptEvent} gram-iterate-kept - A state was kept to return to.
 * @fires {FramesFinishedEvent} gram-frames-finished - All frames of a sequence are painted; `zip` is a file of them.
 * @slot empty - Shown in the middle before there is a picture.
 * @slot wells - More beneath the wells.
 * @slot settings - More beneath the settings.
 * @slot tools - More buttons in the bar.
 * @slot time - More beneath the chart.
 * @csspart studio - The whole layout.
 * @csspart wells - The column of pictures.
 * @csspart stage - The picture in the middle.
 * @csspart canvas - Its canvas.
 * @csspart settings - The column of settings.
 * @csspart bar - The line with the buttons.
 * @csspart primary-button - Start, Pause, Continue.
 * @csspart status - The words beside it.
 * @csspart tools - The buttons with icons.
 * @csspart time - Progress, chart and earlier states.
 * @csspart notice - A remark.
 * @cssprop [--gram-accent=#b8321a] - What runs and what can be pressed.
 * @cssprop [--gram-surface=#f6f1e7] - The background.
 * @cssprop [--gram-surface-raised=#fdfaf3] - Fields and frames.
 * @cssprop [--gram-surface-sunken=#ebe4d5] - Behind the picture.
 * @cssprop [--gram-text=#1f1b16] - Words.
 * @cssprop [--gram-text-muted=#61584b] - Words that matter less.
 * @cssprop [--gram-line=#d8cdb9] - Rules.
 * @cssprop [--gram-control-line=#857b6b] - Borders of what can be used.
 * @cssprop [--gram-on-accent=#fffaf2] - Words on the accent.
 * @cssprop [--gram-font=system-ui] - The font of words and numbers.
 * @cssprop [--gram-font-display=Georgia] - The font of titles.
 * @cssprop [--gram-font-size=0.9375rem] - The size of words.
 * @cssprop [--gram-radius=3px] - Corners.
 * @cssprop [--gram-gap=1rem] - Space between the parts.
 * @cssprop [--gram-well-ratio=1] - Width over height of the frames for pictures.
 * @cssprop [--gram-chart-height=10rem] - Height of the plot.
 */
export class GramStyleTransfer extends StudioView {
  static override styles = [tokens, controls, studioStyles];
  readonly task = 'style-transfer';

  /** Address of the content picture. */
  @property({ reflect: true }) content: string | null = null;
  /** Addresses of the style pictures, separated by spaces. */
  @property({ reflect: true, attribute: 'styles' }) stylePictures: string | null = null;
  /** Content pictures offered in the chooser. */
  @property({ attribute: false }) contentSamples: readonly PictureSample[] = [];

  @state() private contentSlot: PictureSlot = { key: 0, ...NO_PICTURE };
  #nextKey = 2;

  /** The content picture as a file. */
  get contentPicture(): PictureFile | null {
    return this.contentSlot.file;
  }
  set contentPicture(file: PictureFile | null) {
    this.contentSlot = { ...this.contentSlot, src: file?.url ?? null, file };
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('content') && this.content !== this.contentSlot.src) this.contentSlot = { ...this.contentSlot, src: this.content, file: null };
    if (changed.has('stylePictures') && this.stylePictures !== this.#styleAddresses()) {
      const addresses = (this.stylePictures ?? '').split(/\s+/).filter((address) => address !== '');
      this.styleSlots = (addresses.length === 0 ? [null] : addresses).map((src) => ({ key: this.#nextKey++, ...NO_PICTURE, src }));
    }
    super.willUpdate(changed);
    if (
      this.autostart &&
      this.state === 'idle' &&
      changed.has('autostart') &&
      this.contentSlot.src !== null &&
      this.styleSlots.some(({ src }) => src !== null)
    ) {
      void this.start();
    }
  }

  protected override get presentPictures(): JobPictures {
    const filled = this.styleSlots.filter(({ file }) => file !== null);
    return {
      ...(this.contentSlot.file === null ? {} : { content: this.contentSlot.file }),
      styles: filled.flatMap(({ file }) => (file === null ? [] : [file])),
      blend: filled.map(({ share }) => share),
      masks: filled.length > 1 ? filled.map(({ mask }) => mask ?? null) : [],
    };
  }

  protected override async pictures(signal?: AbortSignal): Promise<JobPictures> {
    const content = await this.fill(this.contentSlot, signal);
    if (content !== undefined && this.contentSlot.file === null) this.contentSlot = { ...this.contentSlot, file: content };
    for (const slot of this.styleSlots) {
      const file = await this.fill(slot, signal);
      if (file !== undefined && slot.file === null) this.#setSlot({ ...slot, file });
    }
    return this.presentPictures;
  }

  /**
   * Paints frames one after the other with the element's settings and styles, each from the result before it. Resolves with a ZIP file of PNG
   * files. Throws `bad-option`, `bad-picture` naming a frame, `aborted`.
   */
  async paintFrames(frames: readonly File[], options: FrameOptions = {}): Promise<Blob> {
    const job = composeJob(this.settings, await this.pictures(options.signal));
    const { paintFrames } = await import('../run/frame-run.js');
    return paintFrames(job, frames, options);
  }

  #paint = (frames: readonly File[], options: FrameOptions): Promise<Blob> => this.paintFrames(frames, options);

  protected override get preview(): Blob | null {
    return this.contentSlot.file?.blob ?? null;
  }

  protected override get resultLabel(): string {
    const names = this.styleSlots.flatMap(({ file }) => (file === null ? [] : [file.name])).join(', ');
    return `${this.text('result')}: ${this.contentSlot.file?.name ?? ''} × ${names}`;
  }

  protected override get references(): Pick<ResultRecord, 'content' | 'styles' | 'blend' | 'masks'> {
    const { content, styles, blend, masks = [] } = this.presentPictures;
    const hasMasks = masks.some((mask) => mask !== null);
    return {
      content: content === undefined ? null : referenceTo(content),
      styles: styles.map(referenceTo),
      blend,
      masks: hasMasks ? masks.map((mask) => (mask === null ? null : referenceTo(mask))) : [],
    };
  }

  protected override restorePictures(content: PictureReference | null, styles: readonly PictureReference[], blend: readonly number[]): boolean {
    if (content?.url !== undefined) this.content = content.url;
    const addresses = styles.flatMap(({ url }) => (url === undefined ? [] : [url]));
    if (addresses.length > 0 && addresses.length === styles.length) {
      this.styleSlots = addresses.map((src, index) => ({ key: this.#nextKey++, src, file: null, share: blend[index] ?? 1 }));
      this.stylePictures = this.#styleAddresses();
    }
    return content?.url !== undefined && addresses.length === styles.length;
  }

  protected override renderWells(): TemplateResult {
    const several = this.styleSlots.length > 1;
    return html`<gram-picture-well
        part="content-well"
        .label=${this.text('contentWell')}
        .src=${this.contentSlot.src}
        .samples=${this.contentSamples}
        .strings=${this.strings}
        @gram-picture-changed=${(event: PictureChangedEvent) => {
          this.#contentChanged(event.picture);
        }}
        @gram-picture-failed=${this.#pictureFailed}
      ></gram-picture-well>
      ${this.styleSlots.map((slot, index) => html`${this.#styleWell(slot, index, several)}${several ? this.#maskOf(slot, index) : nothing}`)}
      <button type="button" class="add" @click=${this.#addStyle}>${icon(Plus)}${this.text('addStyle')}</button>
      <details class="mask frames">
        <summary>${this.text('frames')}</summary>
        <gram-frame-sequence part="frames" .paint=${this.#paint} .strings=${this.strings}></gram-frame-sequence>
      </details>`;
  }

  #styleWell(slot: PictureSlot, index: number, several: boolean): TemplateResult {
    const number = String(index + 1);
    return html`<gram-picture-well
      part="style-well"
      data-key=${slot.key}
      .label=${several ? this.text('styleWellNumber', { number }) : this.text('styleWell')}
      .src=${slot.src}
      .samples=${this.styleSamples}
      .strings=${this.strings}
      ?removable=${several}
      remove-label=${this.text('removeStyle', { number })}
      @gram-picture-changed=${(event: PictureChangedEvent) => {
        this.#styleChanged(slot, event.picture);
      }}
      @gram-picture-failed=${this.#pictureFailed}
    >
      ${
        several
          ? html`<input
              class="share"
              type="range"
              min="0"
              max="2"
              step="0.1"
              .value=${String(slot.share)}
              aria-label="${this.text('blend')}: ${this.text('styleWellNumber', { number })}"
              @input=${(event: Event) => {
                this.#setSlot({ ...slot, share: Number((event.target as HTMLInputElement).value) });
              }}
            />`
          : nothing
      }
    </gram-picture-well>`;
  }

  /** Where a style goes beside others. */
  #maskOf(slot: PictureSlot, index: number): TemplateResult {
    const title = this.text('maskTitle', { number: String(index + 1) });
    return html`<details class="mask">
      <summary>${title}</summary>
      <gram-mask-brush
        .label=${title}
        .backdrop=${this.contentSlot.file?.blob ?? null}
        .value=${slot.mask ?? null}
        .strings=${this.strings}
        @gram-mask-changed=${(event: MaskChangedEvent) => {
          this.#maskChanged(slot, event.mask);
        }}
        @gram-picture-failed=${this.#pictureFailed}
      ></gram-mask-brush>
    </details>`;
  }

  #maskChanged(slot: PictureSlot, mask: PictureFile | null): void {
    const before = this.styleSlots;
    this.#setSlot({ ...slot, mask });
    this.undoStack.push({
      what: 'undoPicture',
      undo: () => {
        this.styleSlots = before;
      },
    });
  }

  #contentChanged(file: PictureFile | null): void {
    const before = this.contentSlot;
    this.contentSlot = { ...before, src: file?.url ?? null, file };
    this.content = this.contentSlot.src;
    if (before.file === null || before.file.blob === file?.blob) return;
    this.undoStack.push({
      what: 'undoPicture',
      undo: () => {
        this.contentSlot = before;
        this.content = before.src;
        this.#showIn('[part=content-well]', before.file);
      },
    });
  }

  #styleChanged(slot: PictureSlot, file: PictureFile | null): void {
    const before = this.styleSlots;
    if (file === null) this.styleSlots = before.filter(({ key }) => key !== slot.key);
    else this.#setSlot({ ...slot, src: file.url ?? null, file });
    this.stylePictures = this.#styleAddresses();
    if (slot.file === null || slot.file.blob === file?.blob) return;
    this.undoStack.push({
      what: 'undoPicture',
      undo: () => {
        this.styleSlots = before;
        this.stylePictures = this.#styleAddresses();
        void this.updateComplete.then(() => {
          for (const { key, file: kept } of before) this.#showIn(`[data-key="${String(key)}"]`, kept);
        });
      },
    });
  }

  #showIn(selector: string, file: PictureFile | null): void {
    const well = this.renderRoot.querySelector<GramPictureWell>(selector);
    if (well !== null) well.value = file;
  }

  #setSlot(slot: PictureSlot): void {
    this.styleSlots = this.styleSlots.map((other) => (other.key === slot.key ? slot : other));
  }

  #addStyle = (): void => {
    this.styleSlots = [...this.styleSlots, { key: this.#nextKey++, ...NO_PICTURE }];
  };

  #styleAddresses(): string | null {
    const addresses = this.styleSlots.flatMap(({ src }) => (src === null ? [] : [src]));
    return addresses.length === 0 ? null : addresses.join(' ');
  }

  #pictureFailed = (event: PictureFailedEvent): void => {
    this.fail(event.error);
  };
}

define('gram-style-transfer', GramStyleTransfer);

declare global {
  interface HTMLElementTagNameMap {
    'gram-style-transfer': GramStyleTransfer;
  }
}
