import { html, nothing, type TemplateResult } from 'lit';
import { Camera, FileJson, FileSpreadsheet, FolderOpen, Images, Trash2 } from 'lucide';
import { icon } from '../base/icon.js';
import type { StringKey } from '../base/strings.js';

/** What the line above the pictures shows and does. */
export interface ClassifierToolbar {
  readonly text: (key: StringKey) => string;
  readonly mode: 'classify' | 'evaluate';
  readonly isBusy: boolean;
  readonly isLive: boolean;
  /** Whether the mode has something to save. */
  readonly hasResults: boolean;
  readonly setMode: (mode: 'classify' | 'evaluate') => void;
  readonly choose: (kind: 'pictures' | 'folder') => void;
  readonly toggleCamera: () => void;
  readonly saveJson: () => void;
  readonly saveCsv: () => void;
  readonly clear: () => void;
}

/** The choice between naming pictures and judging a folder, and the buttons that belong to it. */
export function classifierToolbar(bar: ClassifierToolbar): TemplateResult {
  return html`<div class="head">${modes(bar)} ${bar.mode === 'evaluate' ? judgingTools(bar) : namingTools(bar)}</div>`;
}

function modes({ text, mode, isBusy, setMode }: ClassifierToolbar): TemplateResult {
  const choice = (value: 'classify' | 'evaluate', words: string): TemplateResult =>
    html`<label
      ><input
        class="visually-hidden"
        type="radio"
        name="mode"
        .checked=${mode === value}
        ?disabled=${isBusy}
        @change=${() => {
          setMode(value);
        }}
      />${words}</label
    >`;
  return html`<fieldset class="modes">
    <legend class="visually-hidden">${text('mode')}</legend>
    ${choice('classify', text('modeClassify'))} ${choice('evaluate', text('modeEvaluate'))}
  </fieldset>`;
}

function judgingTools(bar: ClassifierToolbar): TemplateResult {
  return html`<div class="tools">
    ${folderButton(bar)}
    ${bar.hasResults ? html`${iconButton(bar, 'downloadJson', FileJson, bar.saveJson)}${iconButton(bar, 'downloadCsv', FileSpreadsheet, bar.saveCsv)}` : nothing}
  </div>`;
}

function namingTools(bar: ClassifierToolbar): TemplateResult {
  const { text, isBusy, isLive } = bar;
  return html`<div class="tools">
    <button
      type="button"
      ?disabled=${isBusy}
      @click=${() => {
        bar.choose('pictures');
      }}
    >
      ${icon(Images)}${text('choosePictures')}
    </button>
    ${folderButton(bar)}
    <button type="button" aria-pressed=${isLive} ?disabled=${isBusy} @click=${bar.toggleCamera}>
      ${icon(Camera)}${text(isLive ? 'closeCamera' : 'useCamera')}
    </button>
    ${bar.hasResults ? html`${iconButton(bar, 'downloadJson', FileJson, bar.saveJson)}${iconButton(bar, 'clearAll', Trash2, bar.clear)}` : nothing}
  </div>`;
}

function folderButton({ text, isBusy, choose }: ClassifierToolbar): TemplateResult {
  return html`<button
    type="button"
    ?disabled=${isBusy}
    @click=${() => {
      choose('folder');
    }}
  >
    ${icon(FolderOpen)}${text('chooseFolder')}
  </button>`;
}

function iconButton({ text }: ClassifierToolbar, words: StringKey, node: Parameters<typeof icon>[0], act: () => void): TemplateResult {
  return html`<button type="button" class="icon" title=${text(words)} aria-label=${text(words)} @click=${act}>${icon(node)}</button>`;
}
