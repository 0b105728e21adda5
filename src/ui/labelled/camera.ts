import { css, html, nothing, type TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';
import { messageOf } from '../../engine/errors.js';
import { define, GramaryeElement } from '../base/gramarye-element.js';
import { tokens } from '../base/tokens.js';

/** The camera was opened or closed. */
export class CameraChangedEvent extends Event {
  readonly isLive: boolean;
  constructor(isLive: boolean) {
    super('gram-camera-changed');
    this.isLive = isLive;
  }
}

const JPEG_QUALITY = 0.92;

/**
 * The camera's picture, while it is open. Used inside the other elements.
 *
 * @fires {CameraChangedEvent} gram-camera-changed - The camera was opened or closed.
 * @slot - What lies over the picture.
 * @csspart video - The picture.
 */
export class GramCamera extends GramaryeElement {
  static override styles = [
    tokens,
    css`
      :host {
        display: block;
        position: relative;
      }
      video {
        display: block;
        inline-size: 100%;
        max-block-size: 60dvb;
        object-fit: contain;
        background: #000;
      }
      p {
        margin: 0;
        padding: 0.6rem 0.9rem;
        border-inline-start: 3px solid var(--_accent);
        background: var(--_raised);
      }
    `,
  ];

  @state() private stream: MediaStream | null = null;
  @state() private problem = '';
  @query('video') private video!: HTMLVideoElement | null;

  /** Whether there is a picture. */
  get isLive(): boolean {
    return this.stream !== null;
  }

  /** Asks for the camera. What goes wrong is shown. */
  async start(): Promise<void> {
    if (this.stream !== null) return;
    this.problem = '';
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: 'environment' } });
      if (!this.isConnected) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      // The visitor, or the device, may take the camera away.
      stream.getVideoTracks()[0]?.addEventListener('ended', () => {
        this.stop();
      });
      this.stream = stream;
      await this.updateComplete;
      this.dispatchEvent(new CameraChangedEvent(true));
    } catch (error) {
      this.problem = messageOf(error);
    }
  }

  /** Closes it. */
  stop(): void {
    this.problem = '';
    if (this.stream === null) return;
    for (const track of this.stream.getTracks()) track.stop();
    this.stream = null;
    this.dispatchEvent(new CameraChangedEvent(false));
  }

  /** The present picture; undefined before there is one. */
  frame(): ImageBitmap | undefined {
    return this.#draw()?.transferToImageBitmap();
  }

  /** The present picture as a JPEG file. */
  async photograph(): Promise<Blob | undefined> {
    return this.#draw()?.convertToBlob({ type: 'image/jpeg', quality: JPEG_QUALITY });
  }

  /** The picture is drawn in memory: `createImageBitmap` of a video fails where the browser has no graphics card. */
  #draw(): OffscreenCanvas | undefined {
    const { video } = this;
    if (video === null || video.readyState < HTMLMediaElement.HAVE_CURRENT_DATA) return undefined;
    const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
    canvas.getContext('2d', { willReadFrequently: true })?.drawImage(video, 0, 0);
    return canvas;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop();
  }

  protected override updated(): void {
    if (this.video !== null && this.video.srcObject !== this.stream) this.video.srcObject = this.stream;
  }

  override render(): TemplateResult {
    return html`${this.problem === '' ? nothing : html`<p role="alert">${this.text('cameraRefused', { detail: this.problem })}</p>`}
    ${this.stream === null ? nothing : html`<video part="video" autoplay muted playsinline aria-label=${this.text('cameraLive')}></video><slot></slot>`}`;
  }
}

define('gram-camera', GramCamera);

declare global {
  interface HTMLElementTagNameMap {
    'gram-camera': GramCamera;
  }
  interface GlobalEventHandlersEventMap {
    'gram-camera-changed': CameraChangedEvent;
  }
}
