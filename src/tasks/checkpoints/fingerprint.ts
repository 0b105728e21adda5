/** Short fingerprints that tell one input of a run from another. They guard against mistakes, not against anyone who wants to deceive. */

/** Two FNV-1a hashes (Fowler, Noll, Vo), the second with each position mixed in, and how much was hashed. */
export class Fingerprint {
  #high = 0x811c9dc5;
  #low = 0x01234567;
  #length = 0;

  /** Adds the characters of a text. */
  addText(text: string): this {
    for (let i = 0; i < text.length; i++) this.#add(text.charCodeAt(i));
    return this;
  }

  /** Adds the bits of numbers, every `stride`th. */
  addNumbers(values: Float32Array, stride = 1): this {
    const words = new Uint32Array(values.buffer, values.byteOffset, values.length);
    for (let i = 0; i < words.length; i += stride) this.#add(words[i] ?? 0);
    return this;
  }

  toString(): string {
    return `${(this.#high >>> 0).toString(16)}-${(this.#low >>> 0).toString(16)}-${String(this.#length)}`;
  }

  #add(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0x01000193);
    this.#low = Math.imul(this.#low ^ (word + this.#length), 0x01000193);
    this.#length++;
  }
}
