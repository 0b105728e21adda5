import { adapterIdentity } from '../../engine/variant-map.js';
import { VERSION } from '../../engine/version.js';
import { pictureSizeText } from '../../tasks/pictures/picture-size.js';
import { lostInChoice } from '../../tasks/results/chosen-settings.js';
import { saveFile } from '../base/save-file.js';
import { readResult, writeResult, type PictureReference, type ResultRecord } from './result-file.js';
import { StudioElement } from './studio-element.js';
import { composeJob } from './studio-settings.js';

/** What leaves the studio and comes back: pictures with their settings inside, and traces. */
export abstract class StudioResults extends StudioElement {
  /** References to the pictures, for the record in a result. */
  protected abstract get references(): Pick<ResultRecord, 'content' | 'styles' | 'blend' | 'masks'>;

  /** Takes over the pictures of a record, as far as they have addresses. True when all came along. */
  protected abstract restorePictures(content: PictureReference | null, styles: readonly PictureReference[], blend: readonly number[]): boolean;

  /** The result as a PNG with its settings inside. Throws `device-lost` or `non-finite`. */
  async toBlob(): Promise<Blob> {
    const { session, selected } = this;
    if (session === null || (session.prepared === undefined && session.lastKept === undefined))
      throw new DOMException('There is no picture yet.', 'InvalidStateError');
    const picture =
      selected === null ? await session.picture() : { height: selected.snapshot.height, width: selected.snapshot.width, data: selected.snapshot.image };
    const run = session.prepared?.run;
    const variants = Object.fromEntries((run?.calls ?? []).map(({ kernel, variant }) => [kernel, variant]));
    const info = session.lease?.engine.info;
    const chosen = this.startedWith ?? this.settings;
    return writeResult(picture, {
      format: 1,
      task: this.task,
      step: selected?.step ?? session.step,
      settings: chosen,
      ...(run === undefined ? {} : { exact: { settings: run.settings, styleSize: pictureSizeText(composeJob(chosen, this.presentPictures).styleSize) } }),
      ...this.references,
      variants,
      adapter: `${info?.vendor ?? ''} ${info?.architecture ?? ''}`.trim(),
    });
  }

  /** Offers the result as a file. */
  async download(): Promise<void> {
    try {
      await this.pause();
      saveFile(await this.toBlob(), `gramarye-step-${String(this.selected?.step ?? this.step)}.png`);
    } catch (error) {
      this.fail(error);
    }
  }

  /** The losses by step with the settings, the adapter and the variant of every kernel call, as JSON text. */
  traceJson(): string {
    const settings = this.startedWith ?? this.settings;
    const { variants = {} } = this.session?.prepared?.run ?? {};
    const traits = this.session?.lease?.engine.traits;
    const adapter = traits === undefined ? {} : adapterIdentity(traits);
    return JSON.stringify({ version: VERSION, task: this.task, settings, ...this.references, adapter, variants, trace: this.trace }, null, 1);
  }

  /** Offers the trace as a file. */
  downloadTrace(): void {
    saveFile(new Blob([this.traceJson()], { type: 'application/json' }), `gramarye-trace-${String(this.step)}.json`);
  }

  /** Takes over the settings inside a result that was made here. False when there are none. */
  async restore(file: Blob, name = 'picture'): Promise<boolean> {
    try {
      const record = await readResult(file);
      if (record?.task !== this.task) {
        this.notice = this.text('noSettingsInside', { name });
        return false;
      }
      const before = this.settings;
      this.undoStack.push({
        what: 'undoSetting',
        undo: () => {
          this.settings = before;
        },
      });
      this.settings = record.settings;
      const complete = this.restorePictures(record.content, record.styles, record.blend);
      // A mask that was painted or given as a file has to be given again.
      const told = this.text(complete && record.masks.every((mask) => mask === null) ? 'restoredWithPictures' : 'restored', { name });
      const lost = record.exact === undefined ? [] : lostInChoice(record.exact.settings, record.settings, record.styles.length);
      this.notice = lost.length === 0 ? told : `${told} ${this.text('restoredNearly', { settings: lost.join(', ') })}`;
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}
