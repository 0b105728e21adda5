/**
 * Words of elements that few pages have: whoever needs them adds them, so that a page with another element does not load them. An
 * element's module does so at its top: `addWords(LABELLED_ENGLISH)`.
 */
let words: Readonly<Record<string, string>> = {};

/** Adds the English words of an element that is about to be defined. */
export function addWords(english: Readonly<Record<string, string>>): void {
  words = { ...words, ...english };
}

/** All words that were added. */
export function wordsHere(): Readonly<Record<string, string>> {
  return words;
}
