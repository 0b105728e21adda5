/** Files that a visitor gives: picked, dropped, a folder, a zip, or the embedded examples. */
import { isPicturePath, type PictureFile as DataFile } from '../../tasks/datasets/dataset.js';
import { filesFromZip } from '../../tasks/datasets/zip.js';

export type { DataFile };

/** Several files with the name they go by together. */
export interface FileSet {
  readonly name: string;
  readonly files: readonly DataFile[];
}

/** A picked file; a folder's files know their place in it. */
function fromFile(file: File): DataFile {
  return { path: file.webkitRelativePath === '' ? file.name : file.webkitRelativePath, read: () => Promise.resolve(file) };
}

function isZip(file: File): boolean {
  return /\.zip$/i.test(file.name);
}

/** The first part of the paths when all share it, else the name of the one file, else nothing. */
function nameOf(files: readonly { readonly path: string }[]): string {
  const [first] = files;
  if (first === undefined) return '';
  if (files.length === 1) return first.path;
  const root = first.path.split('/')[0] ?? '';
  return first.path.includes('/') && files.every(({ path }) => path.startsWith(`${root}/`)) ? root : '';
}

/** Picked files; archives among them are opened. Throws `bad-option` for a broken archive. */
export async function filesOfList(list: readonly File[]): Promise<FileSet> {
  const parts = await Promise.all(list.map(async (file) => (isZip(file) ? filesFromZip(file.name, file) : [fromFile(file)])));
  const files = parts.flat();
  const [only] = list;
  return { name: list.length === 1 && only !== undefined ? only.name : nameOf(files), files };
}

/** Dropped files and folders, folders with all that is in them. What they are must be asked before anything is awaited, so call it at once. */
export async function filesOfDrop(transfer: DataTransfer): Promise<FileSet> {
  const entries = [...transfer.items].map((item) => (item.kind === 'file' ? item.webkitGetAsEntry() : null)).filter((entry) => entry !== null);
  const loose = [...transfer.files];
  if (!entries.some(({ isDirectory }) => isDirectory)) return filesOfList(loose);
  const found: DataFile[] = [];
  for (const entry of entries) {
    if (isFileEntry(entry) && isZip({ name: entry.name } as File)) found.push(...(await filesFromZip(entry.name, await fileOf(entry))));
    else await walk(entry, found);
  }
  return { name: nameOf(found), files: found };
}

async function walk(entry: FileSystemEntry, found: DataFile[]): Promise<void> {
  if (isFileEntry(entry)) {
    found.push({ path: entry.fullPath.replace(/^\//, ''), read: () => fileOf(entry) });
    return;
  }
  const reader = (entry as FileSystemDirectoryEntry).createReader();
  // A reader gives some at a time, and nothing at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => {
      reader.readEntries(resolve, reject);
    });
    if (some.length === 0) return;
    for (const each of some) await walk(each, found);
  }
}

function isFileEntry(entry: FileSystemEntry): entry is FileSystemFileEntry {
  return entry.isFile;
}

function fileOf(entry: FileSystemFileEntry): Promise<File> {
  return new Promise((resolve, reject) => {
    entry.file(resolve, reject);
  });
}

/** The pictures among files. */
export function picturesOf(files: readonly DataFile[]): DataFile[] {
  return files.filter(({ path }) => isPicturePath(path));
}

/** Asks for files, or for a folder. Resolves with nothing when the visitor changes their mind. */
export function askForFiles(kind: 'pictures' | 'folder' | 'zip' | 'table' | 'any' | 'model' | 'names'): Promise<readonly File[]> {
  const accepts = {
    pictures: 'image/*',
    folder: '',
    zip: '.zip,application/zip',
    any: '',
    table: '.csv,.tsv,.txt,text/csv',
    model: '.zip,.json,.bin,.h5,.keras,.hdf5,.safetensors,.tflite',
    names: '.txt,.json',
  } as const;
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = ['pictures', 'model', 'any'].includes(kind);
  input.webkitdirectory = kind === 'folder';
  input.accept = accepts[kind];
  return new Promise((resolve) => {
    input.addEventListener('change', () => {
      resolve([...(input.files ?? [])]);
    });
    input.addEventListener('cancel', () => {
      resolve([]);
    });
    input.click();
  });
}
