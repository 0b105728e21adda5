import { html, type PropertyValues, type TemplateResult } from 'lit';
import { property } from 'lit/decorators.js';
import { controls } from '../base/controls.js';
import { define } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';
import type { PictureFile } from '../pictures/open-picture.js';
import '../pictures/picture-well.js';
import type { GramPictureWell } from '../pictures/picture-well.js';
import type { PictureChangedEvent, PictureFailedEvent } from '../pictures/well-events.js';
import { referenceTo, type PictureReference, type ResultRecord } from '../studio/result-file.js';
import type { JobPictures } from '../studio/studio-settings.js';
import { studioStyles } from '../studio/studio-styles.js';
import { StudioView } from '../studio/studio-view.js';

/**
 * Texture synthesis in a page: from an example, more of the same, grown out of noise.
 *
 * @element gram-texture-synthesis
 * @fires {StartedEvent} gram-started - A run began.
 * @fires {SteppedEvent} gram-stepped - Steps were done.
 * @fires {FinishedEvent} gram-finished - The last step was done.
 * @fires {FailedEvent} gram-failed - Something went wrong; the element shows what.
 * @fires {StateChangedEvent} gram-state-changed - The attribute `state` changed.
 * @fires {IterateKeptEvent} gram-iterate-kept - A state was kept to return to.
 * @slot empty - Shown in the middle before there is a picture.
 * @slot wells - More beneath the well.
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
 * @cssprop [--gram-accent=#b8321a] - What runs and what can be pressed; the other properties are those of gram-style-transfer.
 * @cssprop [--gram-well-ratio=1] - Width over height of the frames for pictures.
 * @cssprop [--gram-chart-height=10rem] - Height of the plot.
 */
export class GramTextureSynthesis extends StudioView {
  static override styles = [tokens, controls, studioStyles];
  readonly task = 'texture-synthesis';

  /** Address of the example picture. */
  @property({ reflect: true }) example: string | null = null;

  constructor() {
    super();
    this.preset = 'default-texture';
  }

  /** The example as a file. */
  get examplePicture(): PictureFile | null {
    return this.styleSlots[0]?.file ?? null;
  }
  set examplePicture(file: PictureFile | null) {
    this.#put(file?.url ?? null, file);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('example') && this.example !== this.styleSlots[0]?.src) this.#put(this.example, null);
    super.willUpdate(changed);
    if (this.autostart && this.state === 'idle' && changed.has('autostart') && this.example !== null) void this.start();
  }

  protected override get presentPictures(): JobPictures {
    const file = this.examplePicture;
    return { styles: file === null ? [] : [file], blend: [1] };
  }

  protected override async pictures(signal?: AbortSignal): Promise<JobPictures> {
    const [slot] = this.styleSlots;
    const file = slot === undefined ? undefined : await this.fill(slot, signal);
    if (file !== undefined && slot?.file === null) this.#put(slot.src, file);
    return this.presentPictures;
  }

  protected override get preview(): Blob | null {
    return null;
  }

  protected override get resultLabel(): string {
    return `${this.text('result')}: ${this.examplePicture?.name ?? ''}`;
  }

  protected override get references(): Pick<ResultRecord, 'content' | 'styles' | 'blend' | 'masks'> {
    const { styles, blend } = this.presentPictures;
    return { content: null, styles: styles.map(referenceTo), blend, masks: [] };
  }

  protected override restorePictures(_content: PictureReference | null, [example]: readonly PictureReference[]): boolean {
    if (example?.url === undefined) return false;
    this.example = example.url;
    return true;
  }

  protected override renderWells(): TemplateResult {
    return html`<gram-picture-well
      part="example-well"
      .label=${this.text('exampleWell')}
      .src=${this.styleSlots[0]?.src ?? null}
      .samples=${this.styleSamples}
      .strings=${this.strings}
      @gram-picture-changed=${(event: PictureChangedEvent) => {
        this.#changed(event.picture);
      }}
      @gram-picture-failed=${(event: PictureFailedEvent) => {
        this.fail(event.error);
      }}
    ></gram-picture-well>`;
  }

  #put(src: string | null, file: PictureFile | null): void {
    this.styleSlots = [{ key: 1, src, file, share: 1 }];
  }

  #changed(file: PictureFile | null): void {
    const before = this.styleSlots[0];
    this.#put(file?.url ?? null, file);
    this.example = file?.url ?? null;
    if (before?.file === null || before === undefined || before.file.blob === file?.blob) return;
    this.undoStack.push({
      what: 'undoPicture',
      undo: () => {
        this.#put(before.src, before.file);
        this.example = before.src;
        const well = this.renderRoot.querySelector<GramPictureWell>('gram-picture-well');
        if (well !== null) well.value = before.file;
      },
    });
  }
}

define('gram-texture-synthesis', GramTextureSynthesis);

declare global {
  interface HTMLElementTagNameMap {
    'gram-texture-synthesis': GramTextureSynthesis;
  }
}
