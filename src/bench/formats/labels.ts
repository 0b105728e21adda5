/** Where labels of plots go: near what they name, and not over each other. */

/** A line of text of plots, and one letter of it at its widest, px. */
const TEXT_HEIGHT = 14;
const LETTER = 7.4;

/** Width of a text, px; rather more than less, for fonts differ. */
export function textWidth(text: string): number {
  return LETTER * text.length;
}

/** Heights for labels wanted at `wanted`: near them, a line of text apart, none below `bottom`. In the order given. */
export function apart(wanted: readonly number[], bottom: number): number[] {
  const order = wanted.map((y, index) => ({ y, index })).sort((a, b) => a.y - b.y);
  const placed = [...wanted];
  let least = -Infinity;
  for (const { y, index } of order) {
    placed[index] = Math.max(y, least);
    least = placed[index] + TEXT_HEIGHT;
  }
  let most = bottom;
  for (const { index } of order.reverse()) {
    placed[index] = Math.min(placed[index] ?? bottom, most);
    most = placed[index] - TEXT_HEIGHT;
  }
  return placed;
}

/** A place in a plot, px. */
interface Place {
  readonly x: number;
  readonly y: number;
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const overlap = (a: Box, b: Box): boolean => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
/** Of a mark, and from its middle to a label beside it, px. */
const RADIUS = 5;
const BESIDE = 8;

/**
 * Places for labels of points: to the right, to the left, above or below, wherever nothing else is and the frame does not end. The text
 * starts at the place, its baseline through it. Undefined for a label that has no room.
 */
export function besidePoints(points: readonly (Place & { readonly text: string })[], frame: Box): (Place | undefined)[] {
  const taken: Box[] = points.map(({ x, y }) => ({ left: x - RADIUS, right: x + RADIUS, top: y - RADIUS, bottom: y + RADIUS }));
  return points.map(({ x, y, text }) => {
    const width = textWidth(text);
    const places: Place[] = [
      { x: x + BESIDE, y: y + 4 },
      { x: x - BESIDE - width, y: y + 4 },
      { x: x - width / 2, y: y - BESIDE },
      { x: x - width / 2, y: y + BESIDE + 10 },
    ];
    for (const place of places) {
      const box = { left: place.x, right: place.x + width, top: place.y - 11, bottom: place.y + 3 };
      const isInside = box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom;
      if (!isInside || taken.some((other) => overlap(box, other))) continue;
      taken.push(box);
      return place;
    }
    return undefined;
  });
}
