import { adapterIdentity } from '../../engine/variant-map.js';
import { VERSION } from '../../engine/version.js';
import { saveFile } from '../base/save-file.js';
import { readResult, writeResult, type PictureReference, type ResultRecord } from './result-file.js';
import { StudioElement } from './studio-element.js';

/** What leaves the studio and comes back: pictures with their settings inside, and traces. */
export abstract class StudioResults extends StudioElement {
  /** References to the pictures, for the record in a result. */
  protected abstract get references(): Pick<ResultRecord, 'content' | 'styles' | 'blend'>;

  /** Takes over the pictures of a record, as far as they have addresses. True when all came along. */
  protected abstract restorePictures(content: PictureReference | null, styles: readonly PictureReference[], blend: readonly number[]): boolean;

  /** The result as a PNG with its settings inside. Throws `device-lost` or `non-finite`. */
  async toBlob(): Promise<Blob> {
    const { session, selected } = this;
    if (session?.prepared === undefined) throw new DOMException('There is no picture yet.', 'InvalidStateError');
    const picture =
      selected === null ? await session.picture() : { height: selected.snapshot.height, width: selected.snapshot.width, data: selected.snapshot.image };
    const variants = Object.fromEntries(session.prepared.run.calls.map(({ kernel, variant }) => [kernel, variant]));
    const info = session.lease?.engine.info;
    return writeResult(picture, {
      format: 1,
      task: this.task,
      step: selected?.step ?? session.step,
      settings: this.startedWith ?? this.settings,
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
      this.notice = this.text(complete ? 'restoredWithPictures' : 'restored', { name });
      return true;
    } catch (error) {
      this.fail(error);
      return false;
    }
  }
}
