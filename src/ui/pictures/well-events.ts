import type { PictureFile } from './open-picture.js';

/** A well was given another picture, or none. */
export class PictureChangedEvent extends Event {
  readonly picture: PictureFile | null;
  constructor(picture: PictureFile | null) {
    super('gram-picture-changed', { bubbles: true });
    this.picture = picture;
  }
}

/** A picture could not be opened. */
export class PictureFailedEvent extends Event {
  readonly error: unknown;
  constructor(error: unknown) {
    super('gram-picture-failed', { bubbles: true });
    this.error = error;
  }
}
