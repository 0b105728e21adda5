import { AsyncDirective } from 'lit/async-directive.js';
import { directive, PartType, type ElementPart, type PartInfo } from 'lit/directive.js';
import { noChange } from 'lit';
import type { DataFile } from './data-files.js';

/** Shows a picture file in an `<img>`: its address lives as long as the element, so that memory does not grow with what was shown once. */
class PictureSource extends AsyncDirective {
  #file: DataFile | undefined;
  #url: string | undefined;
  #image: HTMLImageElement | undefined;

  constructor(part: PartInfo) {
    super(part);
    if (part.type !== PartType.ELEMENT) throw new TypeError('pictureSource belongs on an element.');
  }

  render(file: DataFile): typeof noChange {
    if (file !== this.#file) {
      this.#drop();
      this.#file = file;
      void this.#load(file);
    }
    return noChange;
  }

  override update(part: ElementPart, [file]: [DataFile]): typeof noChange {
    this.#image = part.element as HTMLImageElement;
    return this.render(file);
  }

  /** The dead address stays: Chromium keeps an image whose address is taken away outside of the page, and all around it with it. */
  protected override disconnected(): void {
    this.#revoke();
  }

  protected override reconnected(): void {
    if (this.#file !== undefined) void this.#load(this.#file);
  }

  async #load(file: DataFile): Promise<void> {
    // A file that vanished, or is no picture, leaves the frame empty; whoever uses it says so.
    const blob = await file.read().catch(() => undefined);
    if (blob === undefined || this.#file !== file || !this.isConnected) return;
    this.#drop();
    this.#file = file;
    this.#url = URL.createObjectURL(blob);
    if (this.#image !== undefined) this.#image.src = this.#url;
  }

  #drop(): void {
    this.#revoke();
    this.#image?.removeAttribute('src');
  }

  #revoke(): void {
    if (this.#url !== undefined) URL.revokeObjectURL(this.#url);
    this.#url = undefined;
  }
}

/** `<img ${pictureSource(file)} alt="…">`. */
export const pictureSource = directive(PictureSource);
