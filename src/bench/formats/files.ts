/** Results files by the ending of their names. */
import { GramaryeError } from '../../engine/errors.js';
import type { BenchFile } from '../result.js';
import { formatCsv } from './csv.js';
import { formatHtml } from './html.js';
import { formatMarkdown } from './text.js';

/** Endings of results files. */
export const RESULT_EXTENSIONS = ['.json', '.csv', '.md', '.html'] as const;
/** One of them. */
export type ResultExtension = (typeof RESULT_EXTENSIONS)[number];

/** The ending of a file's name. Throws `bad-option` for another one. */
export function resultExtension(name: string): ResultExtension {
  const extension = RESULT_EXTENSIONS.find((candidate) => name.toLowerCase().endsWith(candidate));
  if (extension === undefined)
    throw new GramaryeError('bad-option', `${name} has an ending that says nothing.`, { remedy: `Name a file that ends in ${RESULT_EXTENSIONS.join(', ')}.` });
  return extension;
}

/** The results in the form of an ending. */
export async function formatResults(file: BenchFile, extension: ResultExtension): Promise<string> {
  switch (extension) {
    case '.json':
      return `${JSON.stringify(file, undefined, 1)}\n`;
    case '.csv':
      return formatCsv(file);
    case '.md':
      return formatMarkdown(file);
    case '.html':
      return formatHtml(file);
  }
}
