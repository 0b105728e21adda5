/** Numbers, bytes and times as people read them, in the language of the element. */

const BYTE_UNITS = ['byte', 'kilobyte', 'megabyte', 'gigabyte'] as const;

const formats = new Map<string, Intl.NumberFormat>();

/** A formatter, made once: making one takes longer than hundreds of numbers do. */
export function numberFormat(locale: string, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${locale} ${JSON.stringify(options)}`;
  let format = formats.get(key);
  if (format === undefined) {
    format = new Intl.NumberFormat(locale, options);
    formats.set(key, format);
  }
  return format;
}

/** Bytes with one unit (1 kB = 1000 B), at most three significant figures. */
export function formatBytes(locale: string, sizeBytes: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(sizeBytes, 1)) / 3)));
  return numberFormat(locale, { style: 'unit', unit: BYTE_UNITS[power] ?? 'byte', maximumSignificantDigits: 3 }).format(sizeBytes / 1000 ** power);
}

/** A duration in the largest unit that fits, and the next smaller one from a minute on. */
export function formatDuration(locale: string, timeMs: number): string {
  const seconds = timeMs / 1000;
  const unit = (value: number, name: 'second' | 'minute' | 'hour', digits = 0): string =>
    numberFormat(locale, { style: 'unit', unit: name, unitDisplay: 'short', maximumFractionDigits: digits }).format(value);
  if (seconds < 10) return unit(seconds, 'second', 1);
  if (seconds < 59.5) return unit(Math.round(seconds), 'second');
  const minutes = Math.round(seconds / 60);
  if (seconds < 600) return `${unit(Math.floor(seconds / 60), 'minute')} ${unit(Math.round(seconds % 60), 'second')}`;
  return minutes < 60 ? unit(minutes, 'minute') : `${unit(Math.floor(minutes / 60), 'hour')} ${unit(minutes % 60, 'minute')}`;
}

/** A number with at most `digits` significant figures; very large ones with more digits than that, and very small ones, in scientific notation. */
export function formatNumber(locale: string, value: number, digits = 3): string {
  if (!Number.isFinite(value)) return '–';
  const size = Math.abs(value);
  const isExtreme = size !== 0 && (size >= Math.max(1e6, 10 ** digits) || size < 1e-3);
  return numberFormat(locale, { maximumSignificantDigits: digits, ...(isExtreme ? { notation: 'scientific' } : {}) }).format(value);
}
