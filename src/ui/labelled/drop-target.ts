import type { ReactiveController, ReactiveControllerHost } from 'lit';
import { filesOfDrop, type FileSet } from './data-files.js';

/** An element that files are dropped on; `dragging` is true while something is over it. */
export interface DropHost extends ReactiveControllerHost, HTMLElement {
  dragging: boolean;
}

/** What becomes of what is dropped or pasted. */
export interface DropActions {
  /** Files and folders were dropped; the promise rejects with `bad-option` for a broken archive. */
  readonly takeDropped: (files: Promise<FileSet>) => void;
  /** Files were pasted; without it pasting is left to the page. */
  readonly takePasted?: (files: readonly File[]) => void;
  /** Something else was dropped or pasted, e.g. an address. */
  readonly takeText?: (transfer: DataTransfer) => void;
}

/** Lets files be dropped anywhere on an element, and pasted into it. */
export class DropTarget implements ReactiveController {
  readonly #host: DropHost;
  readonly #actions: DropActions;

  constructor(host: DropHost, actions: DropActions) {
    this.#host = host;
    this.#actions = actions;
    host.addController(this);
  }

  hostConnected(): void {
    this.#host.addEventListener('dragover', this.#drag);
    this.#host.addEventListener('dragleave', this.#leave);
    this.#host.addEventListener('drop', this.#drop);
    this.#host.addEventListener('paste', this.#paste);
  }

  hostDisconnected(): void {
    this.#host.removeEventListener('dragover', this.#drag);
    this.#host.removeEventListener('dragleave', this.#leave);
    this.#host.removeEventListener('drop', this.#drop);
    this.#host.removeEventListener('paste', this.#paste);
  }

  #drag = (event: DragEvent): void => {
    event.preventDefault();
    this.#host.dragging = true;
  };

  #leave = (): void => {
    this.#host.dragging = false;
  };

  #drop = (event: DragEvent): void => {
    event.preventDefault();
    this.#host.dragging = false;
    const { dataTransfer } = event;
    if (dataTransfer === null) return;
    if (dataTransfer.files.length === 0) this.#actions.takeText?.(dataTransfer);
    else this.#actions.takeDropped(filesOfDrop(dataTransfer));
  };

  #paste = (event: ClipboardEvent): void => {
    const { clipboardData } = event;
    const [target] = event.composedPath();
    if (clipboardData === null || target instanceof HTMLInputElement) return;
    if (clipboardData.files.length === 0) this.#actions.takeText?.(clipboardData);
    else this.#actions.takePasted?.([...clipboardData.files]);
  };
}
