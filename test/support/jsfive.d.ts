declare module 'jsfive' {
  /** The part of jsfive that the tests use. */
  export class File {
    constructor(bytes: ArrayBuffer, name: string);
    get(path: string): { readonly shape: readonly number[]; readonly value: readonly number[] };
  }
}
