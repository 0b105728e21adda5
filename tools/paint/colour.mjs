/**
 * Colours are arrays [red, green, blue], sRGB-encoded, 0 to 1.
 * They are mixed in Oklab (Björn Ottosson, 2020), where a mixture keeps its lightness and does not turn grey.
 */

/** @param {string} hex `#rrggbb` */
export function fromHex(hex) {
  return [1, 3, 5].map((i) => Number.parseInt(hex.slice(i, i + 2), 16) / 255);
}

const decode = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
const encode = (v) => (v <= 0.0031308 ? 12.92 * v : 1.055 * v ** (1 / 2.4) - 0.055);

/** `v` kept between `low` and `high`. */
export const clamp = (v, low = 0, high = 1) => (v < low ? low : v > high ? high : v);

/** Hermite step from 0 at `low` to 1 at `high`. */
export function smoothstep(low, high, v) {
  const t = clamp((v - low) / (high - low));
  return t * t * (3 - 2 * t);
}

/** @returns {number[]} Oklab's [lightness, a, b] */
export function toOklab([r, g, b]) {
  const lr = decode(r);
  const lg = decode(g);
  const lb = decode(b);
  const l = Math.cbrt(0.4122214708 * lr + 0.5363325363 * lg + 0.0514459929 * lb);
  const m = Math.cbrt(0.2119034982 * lr + 0.6806995451 * lg + 0.1073969566 * lb);
  const s = Math.cbrt(0.0883024619 * lr + 0.2817188376 * lg + 0.6299787005 * lb);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
}

/** The nearest colour inside sRGB, each channel clamped by itself. */
export function fromOklab([lightness, a, b]) {
  const l = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3;
  const m = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3;
  const s = (lightness - 0.0894841775 * a - 1.291485548 * b) ** 3;
  return [
    4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s,
    -1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s,
    -0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s,
  ].map((v) => encode(clamp(v)));
}

/** Oklab mixture of two colours; `t` 0 gives the first. */
export function mix(first, second, t) {
  const a = toOklab(first);
  const b = toOklab(second);
  return fromOklab(a.map((v, i) => v + (b[i] - v) * t));
}

/** The colour made lighter (or darker, below 0) and more (or less) saturated. */
export function shift(colour, lightness, saturation = 1) {
  const [l, a, b] = toOklab(colour);
  return fromOklab([clamp(l + lightness), a * saturation, b * saturation]);
}

/**
 * A gradient through the given colours, evenly spaced, tabulated for speed.
 *
 * @param {string[]} hexes
 * @returns {(t: number) => number[]} `t` is clamped to 0..1
 */
export function createRamp(hexes) {
  const stops = hexes.map((hex) => toOklab(fromHex(hex)));
  const steps = 512;
  const table = Array.from({ length: steps + 1 }, (_, i) => {
    const at = (i / steps) * (stops.length - 1);
    const k = Math.min(Math.floor(at), stops.length - 2);
    return fromOklab(stops[k].map((v, c) => v + (stops[k + 1][c] - v) * (at - k)));
  });
  return (t) => table[Math.round(clamp(t) * steps)];
}
